// `hold = match`, `hold = line`, `hold = 200`: how much of the text a rule keeps back.
import type { Hold } from "#contracts";
import { isCount, oneOf } from "./field-types.ts";
import type { FieldType } from "./fields.ts";

const WORDS = oneOf(["match", "none", "line", "sentence", "all"]);

export const hold: FieldType<Hold> = {
  expected: `${WORDS.expected}, or a number of characters`,
  read(value, reading) {
    if (value.kind === "number" || value.kind === "size") return isCount(value.value) && value.value > 0 ? { value: { kind: "size", characters: value.value } } : "mismatch";
    const got = WORDS.read(value, reading);
    return typeof got === "string" ? got : { value: { kind: got.value } };
  },
};
