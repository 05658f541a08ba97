// `replies` of a mock target: the n-th attempt of a request plays the n-th list of steps.
//
//   replies = [["call Old", { wait = 50ms }, "Client(x)"], [{ fails = 429  retry_after = 1s }]]
import type { MockStep } from "#contracts";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { fieldName, optional, readFields, required, type FieldSpec, type FieldType } from "./fields.ts";
import { duration, flag, isCount, listOf, text } from "./field-types.ts";
import { listed } from "./nearest.ts";

const status: FieldType<number> = {
  expected: "an HTTP status from 400 to 599",
  read: (value) => (value.kind === "number" && isCount(value.value) && value.value >= 400 && value.value <= 599 ? { value: value.value } : "mismatch"),
};

/** `true`, and nothing else: a step that does not happen is not written. */
const yes: FieldType<boolean> = {
  expected: "`true`",
  read(value, reading) {
    const got = flag.read(value, reading);
    return typeof got !== "string" && got.value ? got : "mismatch";
  },
};

const REASONING = { reasoning: required(text) };
const TOOL = { tool: required(text), arguments: optional(text, "{}") };
const WAIT = { wait: required(duration) };
const FAILS = { fails: required(status), retry_after: optional(duration, null) };
const HANGS: { readonly hangs: FieldSpec<boolean> } = { hangs: required(yes) };
const CUTS: { readonly cuts: FieldSpec<boolean> } = { cuts: required(yes) };

const KINDS = ["reasoning", "tool", "wait", "fails", "hangs", "cuts"] as const;

const step: FieldType<MockStep> = {
  expected: "a string or a record such as `{ wait = 50ms }`",
  read(value, reading) {
    if (value.kind === "string") return { value: { do: "text", text: value.value } };
    if (value.kind !== "record") return "mismatch";
    const { fields } = value;
    const kind = KINDS.find((one) => fields.some((field) => fieldName(field) === one));
    switch (kind) {
      case undefined:
        reading.report(diagnose(typeMismatch, { span: value.span, message: `${reading.what} does not say what happens`, help: `a step is a string, or a record with one of ${listed(KINDS, "or")}` }));
        return "reported";
      case "reasoning": {
        const got = readFields(REASONING, fields, reading);
        return got === null ? "reported" : { value: { do: "reasoning", text: got.reasoning } };
      }
      case "tool": {
        const got = readFields(TOOL, fields, reading);
        return got === null ? "reported" : { value: { do: "tool", name: got.tool, arguments: got.arguments } };
      }
      case "wait": {
        const got = readFields(WAIT, fields, reading);
        return got === null ? "reported" : { value: { do: "wait", ms: got.wait } };
      }
      case "fails": {
        const got = readFields(FAILS, fields, reading);
        return got === null ? "reported" : { value: { do: "fails", status: got.fails, retry_after: got.retry_after } };
      }
      case "hangs":
        return readFields(HANGS, fields, reading) === null ? "reported" : { value: { do: "hangs" } };
      case "cuts":
        return readFields(CUTS, fields, reading) === null ? "reported" : { value: { do: "cuts" } };
    }
  },
};

export const replies: FieldType<readonly (readonly MockStep[])[]> = listOf(
  listOf(step, 'a list of steps such as `["Hello, ", { wait = 50ms }, "world"]`'),
  'a list of replies, each a list of steps, such as `[["Hello"]]`',
);
