// The request as one provider gets it: in the client's own protocol where the provider speaks it, else in chat, where
// requests of every protocol meet.
import type { Provider } from "#contracts";
import { speaks } from "../attempt/index.ts";
import type { JsonObject, Protocol } from "../stream/index.ts";
import { askAgain } from "./chat/again.ts";
import type { Again, Surface } from "./surface.ts";

export type RequestFor = { readonly protocol: Protocol; readonly body: JsonObject };

export function requestFor(provider: Provider, asked: { readonly surface: Surface; readonly body: JsonObject; readonly how: Again }): RequestFor {
  const { surface, body, how } = asked;
  if (speaks(provider.kind).includes(surface.protocol)) return { protocol: surface.protocol, body: surface.again(body, how) };
  return { protocol: "chat", body: askAgain(surface.toChat(body), how) };
}
