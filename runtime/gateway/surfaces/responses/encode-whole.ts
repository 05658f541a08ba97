// A whole response: the provider's own JSON with the public model name and the text that may go out; put together from
// its parts where the provider speaks another protocol.
import type { Json } from "#contracts";
import type { Chunk, JsonObject, Part } from "../../../stream/index.ts";
import { objects, parsedObject, text } from "../../json.ts";
import { callsTold, saidNow, toldIn } from "../said.ts";
import { seal, sealedHidden, sealedText } from "../../answer/sealed.ts";
import type { Edit } from "../../surface.ts";
import { callItem } from "./call-item.ts";
import { inputOf } from "./input.ts";
import { responseOf, statusOf, usageOf, withoutText } from "./response.ts";
import { ownTools } from "./tools.ts";

export function encodeResponse(chunk: Chunk, edit: Edit): string {
  return JSON.stringify(chunk.protocol === "responses" ? edited(chunk, edit) : composed(chunk, edit));
}

function edited(chunk: Chunk, edit: Edit): JsonObject {
  const { raw } = chunk;
  const { options } = edit;
  let output = objects(raw["output"]);
  if (edit.watched.text) output = withSaid(output, toldIn(chunk, "text"), { said: saidNow(chunk, "text", edit), part: (said) => ({ type: "output_text", annotations: [], logprobs: [], text: said }), ...MESSAGE });
  if (edit.watched.reasoning) output = withSaid(output, toldIn(chunk, "reasoning"), { said: saidNow(chunk, "reasoning", edit), part: (said) => ({ type: "summary_text", text: said }), ...REASONING });
  const id = text(raw["id"]) || options.fallbackId;
  return { ...withoutText(raw), id, object: "response", model: options.model, ...options.echo, output };
}

const MESSAGE = { type: "message", list: "content", besides: null } as const;
const REASONING = { type: "reasoning", list: "summary", besides: "content" } as const;
type New = { readonly said: string; readonly part: (said: string) => JsonObject; readonly type: string; readonly list: string; readonly besides: string | null };

/** Text that was changed stands in the first of its items: where in the others its pieces belong nobody can tell. */
function withSaid(output: readonly JsonObject[], told: string, { said, part, type, list, besides }: New): readonly JsonObject[] {
  if (told === said) return output;
  const first = output.find((item) => item["type"] === type);
  return output.flatMap((item) => {
    if (item["type"] !== type) return [item];
    const own = { ...item, [list]: item === first && said !== "" ? [part(said)] : [] };
    return [besides === null ? own : { ...own, [besides]: undefined }];
  });
}

function composed(chunk: Chunk, edit: Edit): JsonObject {
  const { options } = edit;
  const suffix = options.fallbackId.replace(/^resp_/, "");
  const thought = saidNow(chunk, "reasoning", edit);
  const said = saidNow(chunk, "text", edit);
  const calls = callsTold(chunk);
  const output: JsonObject[] = [];
  const encrypted = (encrypted_content: string): JsonObject => ({ id: `rs_${suffix}_${output.length}`, type: "reasoning", summary: [], encrypted_content });
  const signature = edit.watched.reasoning ? null : sealedText(chunk.protocol, chunk.parts);
  if (thought !== "") output.push({ ...(signature === null ? {} : encrypted(signature)), id: `rs_${suffix}_0`, type: "reasoning", summary: [{ type: "summary_text", text: thought }] });
  if (!edit.watched.reasoning) for (const hidden of sealedHidden(chunk.protocol, chunk.parts)) output.push(encrypted(hidden));
  const finish = chunk.parts.find((part) => part.kind === "finish" && part.choice === 0);
  const { status, incomplete_details } = statusOf(finish?.kind === "finish" ? finish.reason : null);
  if (said !== "" || calls.length === 0) {
    output.push({ id: `msg_${suffix}_${output.length}`, type: "message", status, role: "assistant", content: [{ type: "output_text", annotations: [], logprobs: [], text: said }] });
  }
  for (const call of calls) {
    if (call.signature !== undefined) output.push(encrypted(seal(chunk.protocol, "call", { signature: call.signature })));
    const item = callItem(call, ownTools(options.body).get(call.name ?? ""), { suffix, at: output.length, status });
    output.push({ ...item, ...saidIn(call, item) });
  }
  const usage = chunk.parts.findLast((part) => part.kind === "usage");
  return {
    ...responseOf(options, {}),
    status,
    incomplete_details,
    output: output as readonly Json[],
    usage: usageOf(usage?.kind === "usage" ? usage : { kind: "usage", input: 0, output: 0 }),
  };
}

function saidIn(call: Extract<Part, { kind: "tool" }>, { type }: JsonObject): JsonObject {
  if (type === "tool_search_call") return { arguments: parsedObject(call.arguments) ?? {} };
  return type === "custom_tool_call" ? { input: call.custom === true ? call.arguments : inputOf(call.arguments) } : { arguments: call.arguments };
}
