// Tools of a request that a provider of another protocol cannot have: they run at their own provider, or only its models
// know them. Coding agents bring some with every request, so they are left out beside others, and the receipt says so.
// Where nothing else could be called, what is asked cannot be had, and nobody is asked.
import type { JsonObject, Protocol } from "../stream/index.ts";
import { object, objects, text } from "./json.ts";
import { isFunction } from "./messages/to-chat.ts";
import { toolsInChat, toolsLeftOut } from "./responses/tools.ts";

/** `unsaid` is why the request cannot be said at all; null where it can. */
export type LeftOut = { readonly tools: readonly string[]; readonly unsaid: string | null };

export function leftOutOf(protocol: Protocol, body: JsonObject): LeftOut {
  const { tools, kept, insists } = BROUGHT[protocol]?.(body) ?? NONE;
  if (tools.length === 0) return NOTHING;
  const asked = insists ?? (kept ? null : tools[0]!);
  return { tools, unsaid: asked === null ? null : `\`tools\` cannot be said to this provider: it has no \`${asked}\`` };
}

const NOTHING: LeftOut = { tools: [], unsaid: null };

/** `kept`: others stay, or none has to be called. `insists` is the one of those left out that must be called. */
type Brought = { readonly tools: readonly string[]; readonly kept: boolean; readonly insists: string | null };
const NONE: Brought = { tools: [], kept: true, insists: null };

const BROUGHT: { readonly [protocol in Protocol]?: (body: JsonObject) => Brought } = {
  responses(body) {
    const tools = toolsLeftOut(body);
    const choice = body["tool_choice"];
    const type = text(object(choice)["type"]);
    return { tools, kept: choice === "none" || toolsInChat(body).length > 0, insists: tools.includes(type) ? type : null };
  },
  messages(body) {
    const all = objects(body["tools"]);
    const left = all.filter((tool) => !isFunction(tool));
    const choice = object(body["tool_choice"]);
    const named = choice["type"] === "tool" ? left.find((tool) => tool["name"] === choice["name"]) : undefined;
    const tools = [...new Set(left.map((tool) => text(tool["type"])))];
    return { tools, kept: choice["type"] === "none" || left.length < all.length, insists: named === undefined ? null : text(named["type"]) };
  },
};
