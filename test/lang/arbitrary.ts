// Random trees of the language, every kind of node among them, in the form the parser builds: spans are all zero, a
// chain of one connective is one node. They mean nothing; they only have to be writable.
import * as fc from "fast-check";
import type { Arbitrary } from "fast-check";
import type {
  Action, By, Condition, Declaration, Destination, FactDeclaration, FactRef, FactSource, FactType, Field, File, GuardClause, InvariantClause, ListValue, Name, NumberLiteral,
  PatternLiteral, RecordValue, RuleClause, Span, StringLiteral, UpstreamStep, Use, Value,
} from "#lang";
import { WORDS } from "../../lang/tokens.ts";

export const NOWHERE: Span = { file: "random.ward", start: 0, end: 0 };
const span = NOWHERE;

// ── words and literals ───────────────────────────────────────────────────────────────────────────────────────

/** Any name, every keyword among them: keywords are contextual. */
export const nameText: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 2, arbitrary: fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}(-[A-Za-z0-9_]{1,4}){0,2}$/) },
);

export const name: Arbitrary<Name> = nameText.map((text) => ({ kind: "name", text, span }));
const names = fc.array(name, { minLength: 1, maxLength: 4 });
const maybe = <T>(one: Arbitrary<T>): Arbitrary<T | null> => fc.option(one, { nil: null });

export const string: Arbitrary<StringLiteral> = fc.record({
  kind: fc.constant("string" as const),
  value: fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 12 }),
    // What text blocks are made of: line breaks, indentation, quotes, what looks like an escape or the end.
    fc.array(fc.constantFrom("\n", "\r", "\t", " ", "  ", '"', '"""', "\\", "\\n", "\\u{41}", "a", "é", "//", "/*", "\u2028", "\ufeff"), { maxLength: 10 }).map((parts) => parts.join("")),
    fc.string({ maxLength: 140 }),
  ),
  block: fc.boolean(),
  span: fc.constant(span),
});

const digits = fc.integer({ min: 0, max: 999_999 }).map(String);

export const number: Arbitrary<NumberLiteral> = fc.oneof(
  digits.map((text): NumberLiteral => ({ kind: "number", value: Number(text), text, span })),
  fc.constantFrom<NumberLiteral>({ kind: "number", value: 1000, text: "1_000", span }, { kind: "number", value: 0.2, text: "0.2", span }, { kind: "number", value: 0.125, text: "0.1_25", span }),
);

const SIZES = { k: 1000, Ki: 1024, M: 1_000_000, Mi: 1_048_576 } as const;
const BYTES = { B: 1, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;
const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const unit = <U extends string>(units: { readonly [unit in U]: number }) =>
  fc.tuple(fc.integer({ min: 0, max: 9_999 }), fc.constantFrom(...(Object.keys(units) as U[]))).map(([count, suffix]) => ({ value: count * units[suffix], text: `${count}${suffix}`, suffix }));

const duration = unit(DURATIONS).map(({ value, text }) => ({ kind: "duration" as const, value, text, span }));
const cents = fc.integer({ min: 0, max: 100_000 }).map((count) => ({ micros: count * 10_000, text: `$${Math.floor(count / 100)}.${String(count % 100).padStart(2, "0")}` }));

const scalar: Arbitrary<Value> = fc.oneof(
  name,
  number,
  unit(SIZES).map(({ value, text, suffix }): Value => ({ kind: "size", value, suffix, text, span })),
  unit(BYTES).map(({ value, text }): Value => ({ kind: "bytes", value, text, span })),
  duration,
  cents.map(({ micros, text }): Value => ({ kind: "money", value: micros, text, span })),
  fc.tuple(cents, cents).map(([input, output]): Value => ({ kind: "price", input: input.micros, output: output.micros, text: `${input.text}/${output.text}`, span })),
  fc.integer({ min: 0, max: 100 }).map((value): Value => ({ kind: "percent", value, text: `${value}%`, span })),
  string,
  fc.tuple(duration, duration).map(([from, to]): Value => ({ kind: "range", from, to, span })),
  fc.tuple(name, maybe(string)).map(([variable, fallback]): Value => ({ kind: "env", variable, fallback, span })),
);

export const pattern: Arbitrary<PatternLiteral> = fc
  .tuple(
    fc.array(fc.constantFrom("a", "\\/", "[/]", "[^\\]/]", "\\d{1,3}", "(?:x|y)", "é", " ", "\\\\", '"', "//", "💚", "[/*]").filter((part) => part !== "//"), { minLength: 1, maxLength: 6 }),
    fc.subarray(["i", "m", "s", "u"]),
  )
  .map(([parts, flags]) => ({ kind: "pattern", source: parts.join(""), flags: flags.join(""), span }));

export const value: Arbitrary<Value> = fc.letrec<{ value: Value; list: ListValue; record: RecordValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, depthSize: "small" }, scalar, pattern, tie("list"), tie("record")),
  list: fc.array(tie("value"), { maxLength: 4 }).map((items) => ({ kind: "list", items, span })),
  record: fc.array(fieldOf(tie("value")), { maxLength: 3 }).map((fields) => ({ kind: "record", fields, span })),
})).value;

function fieldOf(right: Arbitrary<Value>): Arbitrary<Field> {
  return fc.tuple(fc.oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: string }), right).map(([key, one]) => ({ kind: "field", name: key, value: one, span }));
}

const field = fieldOf(value);
const namedField = fc.tuple(name, value).map(([key, one]): Field => ({ kind: "field", name: key, value: one, span }));
const fields = fc.array(field, { maxLength: 4 });
const namedFields = fc.array(namedField, { maxLength: 4 });
const list = fc.array(value, { maxLength: 3 }).map((items): ListValue => ({ kind: "list", items, span }));
const record = fields.map((all): RecordValue => ({ kind: "record", fields: all, span }));

// ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

export const fact: Arbitrary<FactRef> = fc.array(nameText, { minLength: 1, maxLength: 3 }).map((path) => ({ kind: "fact", path: path.join("."), span }));

export const condition: Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => {
  const chain = (kind: "and" | "or") =>
    fc.array(tie("condition"), { minLength: 2, maxLength: 3 }).map((parts): Condition => ({ kind, of: parts.flatMap((one) => (one.kind === kind ? one.of : [one])), span }));
  return {
    condition: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.tuple(fact, fc.constantFrom("==" as const, "!=" as const, "<" as const, "<=" as const, ">" as const, ">=" as const), value).map(([one, op, right]): Condition => ({ kind: "compare", op, fact: one, value: right, span })),
      fc.tuple(fact, value).map(([one, right]): Condition => ({ kind: "has", fact: one, value: right, span })),
      fc.tuple(fact, list).map(([one, values]): Condition => ({ kind: "in", fact: one, values, span })),
      fact.map((one): Condition => ({ kind: "absent", fact: one, span })),
      fact.map((one): Condition => ({ kind: "truth", fact: one, span })),
      chain("and"),
      chain("or"),
      tie("condition").map((of): Condition => ({ kind: "not", of, span })),
    ),
  };
}).condition;

// ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────

const doc = maybe(fc.array(fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, "").trimEnd()), { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")));
const declared = { name, was: maybe(name), doc, span: fc.constant(span) };
const message = string;

const factSource: Arbitrary<FactSource> = fc.oneof(
  maybe(string).map((title): FactSource => ({ kind: "fact-source", from: "key", name: title, span })),
  fc.tuple(fc.constantFrom("header" as const, "metadata" as const, "trusted-header" as const), string).map(([from, title]): FactSource => ({ kind: "fact-source", from, name: title, span })),
);
const factType: Arbitrary<FactType> = fc.oneof(
  name.map((of): FactType => ({ kind: "scalar", of, span })),
  fc.tuple(fc.constantFrom("enum" as const, "set" as const), names).map(([of, values]): FactType => ({ kind: "choice", of, values, span })),
);
const factDeclaration = fc.tuple(fact, factType, factSource).map(([one, type, source]): FactDeclaration => ({ kind: "fact-declaration", fact: one, type, source, span }));

const destination: Arbitrary<Destination> = fc.oneof(
  name.map((selector): Destination => ({ kind: "to", selector, span })),
  message.map((one): Destination => ({ kind: "refuse", message: one, span })),
);
const arm = fc.tuple(maybe(condition), destination).map(([when, then]) => ({ kind: "arm" as const, when, then, span }));
const by = fc.constantFrom<By>("zone", "region", "provider", "target");
const fence = fc.tuple(fc.constantFrom("only" as const, "never" as const), by, names).map(([kind, each, all]) => ({ kind, by: each, names: all, span }));
const guardClause: Arbitrary<GuardClause> = fc.oneof(fence, message.map((one): GuardClause => ({ kind: "refuse", message: one, span })));

const action: Arbitrary<Action> = fc.oneof(
  fields.map((all): Action => ({ kind: "retry", fields: all, span })),
  fc.tuple(name, fields).map(([selector, all]): Action => ({ kind: "escalate", selector, fields: all, span })),
  message.map((one): Action => ({ kind: "block", message: one, span })),
  string.map((replacement): Action => ({ kind: "redact", replacement, span })),
  fc.tuple(fc.constantFrom("prepend" as const, "append" as const), string).map(([kind, text]): Action => ({ kind, text, span })),
  fc.constant<Action>({ kind: "note", span }),
);
const ruleClause: Arbitrary<RuleClause> = fc.oneof(
  condition.map((one): RuleClause => ({ kind: "when", condition: one, span })),
  pattern.map((one): RuleClause => ({ kind: "match", pattern: one, span })),
  list.map((texts): RuleClause => ({ kind: "match-any", texts, span })),
  maybe(string).map((path): RuleClause => ({ kind: "expect", what: path ? "schema" : "json", path, span })),
  fc.tuple(string, number).map(([tool, turns]): RuleClause => ({ kind: "after", tool, turns, span })),
  fc.tuple(number, number).map(([times, turns]): RuleClause => ({ kind: "repeat", times, turns, span })),
  list.map((all): RuleClause => ({ kind: "allow", names: all, span })),
  namedField.map((one): RuleClause => ({ kind: "option", field: one, span })),
  action.map((one): RuleClause => ({ kind: "then", action: one, span })),
  action.map((one): RuleClause => ({ kind: "exhausted", action: one, span })),
  name.map((alert): RuleClause => ({ kind: "also-alert", alert, span })),
);
const channel = fc.oneof(
  fc.constantFrom("text" as const, "reasoning" as const, "output" as const, "request" as const).map((on) => ({ kind: "channel" as const, on, glob: null, span })),
  maybe(string).map((glob) => ({ kind: "channel" as const, on: "tool" as const, glob, span })),
);

const invariantClause: Arbitrary<InvariantClause> = fc.oneof(
  fence,
  names.map((capabilities): InvariantClause => ({ kind: "always-can", capabilities, span })),
  fc.constant<InvariantClause>({ kind: "always-serves", span }),
  fc.tuple(fc.constantFrom("attempts" as const, "cost" as const, "wall" as const), value).map(([of, limit]): InvariantClause => ({ kind: "bound", of, limit, span })),
);
const step: Arbitrary<UpstreamStep> = fc.oneof(
  string.map((text): UpstreamStep => ({ kind: "text", text, span })),
  string.map((text): UpstreamStep => ({ kind: "reasoning", text, span })),
  fc.tuple(string, maybe(string)).map(([title, args]): UpstreamStep => ({ kind: "tool", name: title, arguments: args, span })),
  number.map((status): UpstreamStep => ({ kind: "fails", status, span })),
  fc.constantFrom<UpstreamStep>({ kind: "hangs", span }, { kind: "cuts", span }),
);
const upstream = fc.tuple(name, fc.array(step, { minLength: 1, maxLength: 3 })).map(([target, steps]) => ({ kind: "upstream" as const, target, steps, span }));

const kind = <K extends Declaration["kind"]>(one: K) => fc.constant(one);

export const declaration: Arbitrary<Declaration> = fc.oneof(
  fc.record({ kind: kind("facts"), doc, facts: fc.array(factDeclaration, { maxLength: 3 }), span: fc.constant(span) }),
  fc.record({ kind: kind("provider"), ...declared, fields }),
  fc.record({ kind: kind("target"), ...declared, provider: name, model: string, fields }),
  fc.record({
    kind: kind("dispatcher"),
    ...declared,
    body: fc.oneof(
      fc.array(arm, { minLength: 1, maxLength: 3 }).map((arms) => ({ kind: "arms" as const, arms, span })),
      names.map((of) => ({ kind: "smallest" as const, of, span })),
    ),
  }),
  fc.record({ kind: kind("cascade"), ...declared, fields: namedFields, tries: fc.array(fc.tuple(name, fields).map(([selector, all]) => ({ kind: "try" as const, selector, fields: all, span })), { maxLength: 3 }) }),
  fc.record({ kind: kind("alloy"), ...declared, parts: fc.array(fc.tuple(name, maybe(number)).map(([selector, weight]) => ({ kind: "part" as const, selector, weight, span })), { maxLength: 3 }), fields: namedFields }),
  fc.record({ kind: kind("guard"), ...declared, when: maybe(condition), then: guardClause }),
  fc.record({ kind: kind("rule"), ...declared, channel, clauses: fc.array(ruleClause, { maxLength: 4 }) }),
  fc.record({ kind: kind("alert"), ...declared, when: maybe(condition), fields: namedFields }),
  fc.record({ kind: kind("model"), ...declared, fields }),
  fc.record({ kind: kind("invariant"), title: string, doc, models: names, when: maybe(condition), clauses: fc.array(invariantClause, { minLength: 1, maxLength: 3 }), span: fc.constant(span) }),
  fc.record({ kind: kind("test"), title: string, doc, given: record, upstreams: fc.array(upstream, { maxLength: 2 }), expect: record, span: fc.constant(span) }),
);

const use: Arbitrary<Use> = fc.tuple(string, names).map(([path, all]) => ({ kind: "use", path, names: all, span }));

export const file: Arbitrary<File> = fc
  .tuple(fc.array(use, { maxLength: 2 }), fc.array(declaration, { maxLength: 4 }))
  .map(([uses, declarations]) => ({ kind: "file", edition: 1, editionSpan: span, uses, declarations, comments: [], blanks: [], damaged: [], span }));
