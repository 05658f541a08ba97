// Chat requests to translate: fields over a plain one, and random conversations.
import fc from "fast-check";
import type { Json, Target } from "#contracts";
import type { UpstreamCall } from "../../../runtime/attempt/index.ts";
import type { JsonObject } from "../../../runtime/stream/part.ts";
import { aProvider, aTarget } from "./harness.ts";

export const HELLO: JsonObject = { role: "user", content: "hello" };

export function callOf(body: JsonObject, target: Partial<Target> = {}, over: Partial<UpstreamCall> = {}): UpstreamCall {
  return { target: aTarget(target), provider: aProvider(), protocol: "chat", body: { model: "public", messages: [HELLO], ...body }, stream: true, nth: 0, requestId: "req1", ...over };
}

export const tool = (name: string, more: JsonObject = {}): Json => ({ type: "function", function: { name, description: `does ${name}`, parameters: { type: "object", properties: { a: { type: "string" } } }, ...more } });

const said = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).filter((text) => text.trim() !== "");
const name = fc.constantFrom("look_up", "add", "send");
const input = fc.dictionary(fc.constantFrom("a", "b", "q"), fc.oneof(fc.integer(), said, fc.boolean()), { maxKeys: 2 });
const picture = fc.constantFrom("data:image/png;base64,AAAA", "https://example.test/a.png").map((url) => ({ type: "image_url", image_url: { url } }));
const userContent = fc.oneof(said, fc.array(fc.oneof(said.map((text) => ({ type: "text", text })), picture), { minLength: 1, maxLength: 3 }));

/** One exchange: the user asks, the model may call tools and gets their results, and answers. */
const exchange = fc.tuple(userContent, fc.array(fc.record({ name, input, result: said }), { maxLength: 3 }), fc.option(said, { nil: "" }), fc.option(said, { nil: "" }));

/** A conversation as a client would hold it: system first, roles in turn, every call answered, the user last. */
export const conversation: fc.Arbitrary<readonly JsonObject[]> = fc.tuple(fc.option(said, { nil: null }), fc.array(exchange, { maxLength: 3 }), userContent).map(([system, exchanges, last]) => [
  ...(system === null ? [] : [{ role: "system", content: system }]),
  ...exchanges.flatMap(([asked, calls, before, answer], nth): JsonObject[] => [
    { role: "user", content: asked as Json },
    ...(calls.length === 0
      ? []
      : [
          {
            role: "assistant",
            content: before === "" ? null : before,
            tool_calls: calls.map((call, at) => ({ id: `call_${nth}_${at}`, type: "function", function: { name: call.name, arguments: JSON.stringify(call.input) } })) as readonly Json[],
          },
          ...calls.map((call, at) => ({ role: "tool", tool_call_id: `call_${nth}_${at}`, content: call.result })),
        ]),
    // The user may speak right behind the results.
    ...(answer === "" && calls.length > 0 ? [] : [{ role: "assistant", content: answer === "" ? "done" : answer }]),
  ]),
  { role: "user", content: last as Json },
]);
