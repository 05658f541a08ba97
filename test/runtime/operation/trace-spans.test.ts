// Laws of the spans a receipt becomes, whatever the receipt.
import fc from "fast-check";
import { expect, test } from "vitest";
import { openTrail } from "../../../runtime/operation/trail.ts";
import { attemptSpans, requestSpan } from "../../../runtime/operation/trace-spans.ts";
import { FAILURE_CLASSES, type Receipt } from "#contracts";
import { receipt } from "../../support/receipt.ts";
import { loadedFrom } from "../gateway/harness.ts";

const LOADED = loadedFrom('provider local { kind = mock  zone = private }\ntarget qwen = local "qwen3" { context = 32k  price = free }\nmodel steady { route = qwen }');
const NOBODY = () => null;

const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
const attempts = fc.array(
  fc.record({ outcome: fc.constantFrom(...FAILURE_CLASSES, "ok", "ended_by_rule", "cancelled", "not_started"), started: fc.option(ms, { nil: undefined }), end: ms, first: fc.option(ms) }),
  { maxLength: 6 },
);

const receiptOf = (total: number, made: (typeof attempts extends fc.Arbitrary<infer T> ? T : never), more: Partial<Receipt> = {}): Receipt => {
  const [first] = receipt("x").attempts;
  return receipt("x", {
    ms: { first_byte: null, total },
    attempts: made.map(({ outcome, started, end, first: token }, at) => ({ ...first!, n: at + 1, outcome, ms: { ...(started === undefined ? {} : { started }), headers: null, first_token: token, end } }) as Receipt["attempts"][number]),
    ...more,
  });
};

test("every attempt that was started is one span inside its request, whatever clocks and rounding say; old receipts included", () => {
  fc.assert(
    fc.property(ms, attempts, (total, made) => {
      const its = receiptOf(total, made);
      const trail = openTrail(LOADED, () => undefined);
      const request = requestSpan(its, trail, true);
      const spans = attemptSpans(its, trail, NOBODY);
      expect(spans.length).toBe(made.filter(({ outcome }) => outcome !== "not_started").length);
      expect(request.events.length).toBe(made.length - spans.length);
      for (const { start, end } of [...spans, ...request.events.map(({ at }) => ({ start: at, end: at }))]) expect(request.start <= start && start <= end && end <= request.end).toBe(true);
    }),
  );
});

test("what a provider calls its answer is passed on where it can be a name, and left out where it may be a text", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const its = receiptOf(10, [{ outcome: "ok", started: 1, end: 2, first: 1 }]);
      const trail = { ...openTrail(LOADED, () => undefined), said: [{ id: text, model: text, finish: [text] }] };
      const { attributes } = attemptSpans(its, trail, NOBODY)[0]!;
      const isName = /^[\x21-\x7e]{1,128}$/.test(text);
      expect([attributes["gen_ai.response.id"], attributes["gen_ai.response.model"], attributes["gen_ai.response.finish_reasons"]]).toEqual(isName ? [text, text, [text]] : [undefined, undefined, ["_OTHER"]]);
    }),
  );
  // Both kinds are drawn, or half of the law says nothing.
  expect(fc.sample(fc.string({ maxLength: 300 }), 200).some((text) => /^[\x21-\x7e]{1,128}$/.test(text))).toBe(true);
});

test("nothing of a receipt's free text is in a span: messages, callers, contents, reasons", () => {
  const secret = "SECRETTEXT";
  const its = receipt("x", {
    caller: { user: { value: secret, source: "header" } },
    request: { model: "steady", caller: { user: secret }, facts: { note: secret } },
    error: { code: "timeout", message: secret, http_status: 504 },
    content: { request: { messages: secret }, released: [secret] },
    model: { id: "model:steady", name: "steady", requested: secret },
    triggers: [{ rule: "rule:no", channel: "text", attempt: 1, choice: 0, offset: 1, length: 2, action: "block", mode: "enforce", held_bytes: 0, released_bytes: 0, violation_released: false, reason: secret }],
  });
  const trail = openTrail(LOADED, () => secret);
  const text = JSON.stringify([requestSpan(its, trail, true), attemptSpans(its, trail, NOBODY)]);
  expect(text).toContain("rule:no");
  expect(text).not.toContain(secret);
});
