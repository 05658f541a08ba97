// The request as one provider gets it: in the client's own protocol where the provider speaks it, else in chat, where
// requests of every protocol meet.
import type { Provider } from "#contracts";
import { speaks, type UpstreamCall } from "../attempt/index.ts";
import { askAgain } from "./chat/again.ts";
import type { Again, Asked, Surface } from "./surface.ts";

export type RequestFor = Pick<UpstreamCall, "protocol" | "body" | "headers">;

export function requestFor(provider: Provider, request: { readonly surface: Surface; readonly asked: Asked; readonly how: Again }): RequestFor {
  const { surface, asked, how } = request;
  if (speaks(provider.kind).includes(surface.protocol)) {
    const native: RequestFor = { protocol: surface.protocol, body: surface.again(asked.body, how) };
    return asked.headers === undefined ? native : { ...native, headers: asked.headers };
  }
  return { protocol: "chat", body: askAgain(surface.toChat(asked.body), how) };
}
