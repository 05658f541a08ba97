// A whole message: the provider's own JSON with the public model name and the text that may go out; put together from
// its parts where the provider speaks another protocol.
import type { Json } from "#contracts";
import type { Chunk, JsonObject } from "../../../stream/index.ts";
import { objects, parsedObject, text } from "../../json.ts";
import { callsTold, saidNow, toldIn } from "../said.ts";
import { seal, sealedHidden, sealedText } from "../../answer/sealed.ts";
import type { Edit, EncoderOptions } from "../../surface.ts";
import { stopReasonOf, usageOf } from "./ending.ts";

export function encodeMessage(chunk: Chunk, edit: Edit): string {
  return JSON.stringify(chunk.protocol === "messages" ? edited(chunk, edit) : composed(chunk, edit));
}

function edited(chunk: Chunk, edit: Edit): JsonObject {
  const { raw } = chunk;
  const { options } = edit;
  let content = objects(raw["content"]);
  if (edit.watched.text) {
    const said = saidNow(chunk, "text", edit);
    content = withSaid(content, toldIn(chunk, "text"), { said, block: { type: "text", text: said } });
  }
  if (edit.watched.reasoning) {
    // Thinking that was changed is not what its provider signed.
    const said = saidNow(chunk, "reasoning", edit);
    content = withSaid(content, toldIn(chunk, "reasoning"), { said, block: { type: "thinking", thinking: said, signature: "" } });
  }
  return { ...raw, id: text(raw["id"]) || options.fallbackId, type: "message", role: "assistant", model: options.model, content };
}

/** What was changed stands in the first of its blocks: where in the others its pieces belong nobody can tell. */
function withSaid(content: readonly JsonObject[], told: string, { said, block }: { readonly said: string; readonly block: JsonObject }): readonly JsonObject[] {
  if (told === said) return content;
  const first = content.find(({ type }) => type === block["type"]);
  return content.flatMap((one) => (one["type"] !== block["type"] ? [one] : one === first && said !== "" ? [block] : []));
}

function composed(chunk: Chunk, edit: Edit): JsonObject {
  const { options } = edit;
  const thought = saidNow(chunk, "reasoning", edit);
  const said = saidNow(chunk, "text", edit);
  const calls = callsOf(chunk, options);
  const content: JsonObject[] = [];
  const { protocol, parts } = chunk;
  const signature = edit.watched.reasoning ? null : sealedText(protocol, parts);
  if (thought !== "") content.push({ type: "thinking", thinking: thought, signature: signature ?? "" });
  if (!edit.watched.reasoning) for (const data of sealedHidden(protocol, parts)) content.push({ type: "redacted_thinking", data });
  if (said !== "" || calls.length === 0) content.push({ type: "text", text: said });
  const finish = chunk.parts.find((part) => part.kind === "finish" && part.choice === 0);
  const usage = chunk.parts.findLast((part) => part.kind === "usage");
  return {
    id: options.fallbackId,
    type: "message",
    role: "assistant",
    model: options.model,
    content: [...content, ...calls] as readonly Json[],
    stop_reason: stopReasonOf(finish?.kind === "finish" ? finish.reason : null, calls.length > 0),
    stop_sequence: null,
    usage: usageOf(usage?.kind === "usage" ? usage : { kind: "usage", input: 0, output: 0 }),
  };
}

/** A call whose input is not whole, as one that ran into a limit, is not given. */
function callsOf(chunk: Chunk, options: EncoderOptions): readonly JsonObject[] {
  return callsTold(chunk).flatMap((call, at) => {
    const input = parsedObject(call.arguments);
    const sealed: readonly JsonObject[] = call.signature === undefined ? [] : [{ type: "redacted_thinking", data: seal(chunk.protocol, "call", { signature: call.signature }) }];
    return input === null ? [] : [...sealed, { type: "tool_use", id: call.id ?? `toolu_${options.fallbackId.replace(/^msg_/, "")}_${at}`, name: call.name ?? "", input }];
  });
}
