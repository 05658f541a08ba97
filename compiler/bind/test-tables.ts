// What a test can give and expect: fields by table, as those of declarations are, and the facts of its request by their
// declared types.
import { CAPABILITIES, FAILURE_CLASSES, RECEIPT_STATUSES, REFUSAL_CODES, type RequestFacts } from "#contracts";
import type { Field, Test } from "#lang";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { unresolvedName } from "../rules/unresolved-name.ts";
import type { Binder } from "./binder.ts";
import type { FactKind } from "./builtin-facts.ts";
import { flag, listOf, money, oneOf, record, reference, someOf, text, whole } from "./field-types.ts";
import { fieldName, optional, readValue, repeated, required, type FieldType, type Reading } from "./fields.ts";
import { didYouMean, listed } from "./nearest.ts";

const CALL = { name: required(text), arguments: optional(text, "{}") };

const MESSAGE = {
  role: required(oneOf(["system", "developer", "user", "assistant", "tool"])),
  content: optional(text, null),
  /** Tools the assistant called; `role = tool` messages answer them in order. */
  calls: optional(listOf(record(CALL), 'a list of calls such as `[{ name = "search" }]`'), []),
};

/** `caller`, `facts` and quoted names are facts, and read by {@link readFacts}. */
export const GIVEN = {
  model: required(reference(["model"])),
  tokens: optional(whole({ least: 0 }), null),
  output: optional(whole({ least: 0 }), null),
  stream: optional(flag, null),
  turn: optional(whole({ least: 0 }), null),
  needs: optional(someOf(CAPABILITIES, "capabilities"), null),
  /** The conversation as one message of the user's, or message by message. */
  prompt: optional(text, null),
  messages: optional(listOf(record(MESSAGE), 'a list of messages such as `[{ role = user  content = "hi" }]`'), null),
  /** What alloys are drawn by, as with `ward eval --key`. */
  key: optional(text, null),
};

const targets = listOf(reference(["target"]), "a list of targets such as `[a, b]`");

/** What is not said is not compared. Lists are compared whole and in order. */
export const EXPECT = {
  /** Every attempt that was started. */
  attempts: optional(targets, null),
  /** The targets that were left out before any attempt. */
  skipped: optional(targets, null),
  /** Every match that was acted upon, or would have been in shadow. */
  fired: optional(listOf(reference(["rule"]), "a list of rules such as `[a, b]`"), null),
  alerts: optional(listOf(reference(["alert"]), "a list of alerts such as `[a, b]`"), null),
  /** What the client got of the first choice. */
  released: optional(text, null),
  reasoning: optional(text, null),
  tools: optional(listOf(text, 'a list of the names of tools such as `["search"]`'), null),
  status: optional(oneOf(RECEIPT_STATUSES), null),
  refused: optional(oneOf([...REFUSAL_CODES, "limit_reached"]), null),
  blocked: optional(reference(["rule"]), null),
  failed: optional(oneOf(FAILURE_CLASSES), null),
  selected: optional(reference(["target"]), null),
  cost: optional(money, null),
};

type FactValue = NonNullable<RequestFacts["facts"]>[string];

/** Facts as fields: `prefix` stands before each name. Null where one is wrong, which has been reported. */
export function readFacts(fields: readonly Field[], prefix: string, { known, owner, binder }: { readonly known: Map<string, Field>; readonly owner: Test; readonly binder: Binder }): ReadonlyMap<string, FactValue> | null {
  const values = new Map<string, FactValue>();
  let sound = true;
  for (const field of fields) {
    const name = `${prefix}${fieldName(field)}`;
    const first = known.get(name);
    if (first !== undefined) {
      binder.report(repeated(name, first, field));
      continue;
    }
    known.set(name, field);
    const kind = binder.facts.types.get(name);
    if (kind === undefined || name.startsWith("request.") && !binder.facts.places.has(name)) {
      binder.report(kind === undefined ? unknownFact(name, field, binder) : diagnose(typeMismatch, { span: field.name.span, message: `\`${name}\` is a field of \`given\``, help: `write \`${name.slice("request.".length)} = …\`` }));
      sound = false;
      continue;
    }
    const type = kind === null ? null : typeOf(kind);
    const reading: Reading = { what: `\`${name}\``, at: field.value.span, owner, names: binder.names, report: binder.report };
    const got = type === null ? null : readValue(type, field.value, reading);
    if (got === null) sound = false;
    else values.set(name, got.value);
  }
  return sound ? values : null;
}

function typeOf(kind: FactKind): FieldType<FactValue> | null {
  switch (kind.kind) {
    case "bool": return flag;
    case "int": return whole({ least: 0 });
    case "string": return text;
    case "enum": return oneOf(kind.values);
    case "set": return someOf(kind.values, "values");
    default: return null;
  }
}

function unknownFact(name: string, { name: { span } }: Field, { facts }: Binder): ReturnType<typeof diagnose> {
  const known = [...facts.types.keys()].filter((one) => one.startsWith("caller.") || facts.places.has(one));
  return diagnose(unresolvedName, { span, message: `unknown fact \`${name}\``, help: didYouMean(name, known) ?? `there are ${listed(known)}; declare others in a \`facts\` block` });
}
