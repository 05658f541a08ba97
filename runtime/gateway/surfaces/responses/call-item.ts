// A call in an answer of another protocol, as the item its client knows: what was said to the provider as a function is
// what it was again.
import type { JsonObject, Part } from "../../../stream/index.ts";
import type { OwnTool } from "./tools.ts";

type Call = Pick<Extract<Part, { kind: "tool" }>, "id" | "name" | "custom">;

/** `at` is the item's place; `status` in the protocol's words. Nothing of what the call says is in it yet. */
export function callItem(call: Call, own: OwnTool | undefined, { suffix, at, status }: { readonly suffix: string; readonly at: number; readonly status: string }): JsonObject {
  const item = call.custom === true ? "custom_tool_call" : (own?.item ?? "function_call");
  const call_id = call.id ?? `call_${suffix}_${at}`;
  const named = { call_id, name: own?.name ?? call.name ?? "", ...(own === undefined || own.namespace === null ? {} : { namespace: own.namespace }) };
  switch (item) {
    case "custom_tool_call":
      return { id: `ctc_${suffix}_${at}`, type: item, status, input: "", ...named };
    case "tool_search_call":
      return { id: `tsc_${suffix}_${at}`, type: item, status, execution: "client", call_id, arguments: {} };
    case "function_call":
      return { id: `fc_${suffix}_${at}`, type: item, status, arguments: "", ...named };
    default:
      return item satisfies never;
  }
}
