// The request as one provider gets it: in the client's own protocol where the provider speaks it, else in chat, where
// requests of every protocol meet.
import type { Provider } from "#contracts";
import { speaks, takesReasoning, type UpstreamCall } from "../../attempt/index.ts";
import { beyondChat } from "./beyond-chat.ts";
import { askAgain } from "../surfaces/chat/again.ts";
import { restOfLimit } from "./rest-of-limit.ts";
import { reasoningFor, withoutReasoning } from "../answer/sealed.ts";
import type { Again, Asked, Surface } from "../surface.ts";

/** `leftOut` is what of the client's tools this provider is not told of. */
export type RequestFor = Pick<UpstreamCall, "protocol" | "body" | "headers" | "unsaid"> & { readonly leftOut?: readonly string[] };

export function requestFor(provider: Provider, request: { readonly surface: Surface; readonly asked: Asked; readonly how: Again }): RequestFor {
  const { surface, asked, how } = request;
  if (speaks(provider.kind).includes(surface.protocol)) {
    const own = surface.protocol === "chat" && takesReasoning(provider.kind) === "refuses" ? withoutReasoning(asked.body) : asked.body;
    const native: RequestFor = { protocol: surface.protocol, body: restOfLimit(surface.again(own, how), how.kept) };
    return asked.headers === undefined ? native : { ...native, headers: asked.headers };
  }
  const chat: RequestFor = { protocol: "chat", body: restOfLimit(askAgain(reasoningFor(surface.toChat(asked.body), { id: provider.id, takes: takesReasoning(provider.kind) === "takes" }), how), how.kept) };
  const { tools, unsaid } = beyondChat(surface.protocol, asked.body);
  return { ...chat, ...(tools.length === 0 ? {} : { leftOut: tools }), ...(unsaid === null ? {} : { unsaid }) };
}
