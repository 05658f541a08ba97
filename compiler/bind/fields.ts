// Reads the fields of a declaration by its table. A table says once, per field, its type, whether it must be given and
// what it is otherwise; what a declaration means is then plain data with every default filled in.
import type { Declaration, Diagnostic, Field, Span, Value } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { unresolvedName } from "../rules/unresolved-name.ts";
import type { Names } from "./names.ts";
import { didYouMean, listed } from "./nearest.ts";

/** `mismatch`: not a value of the type, still to be said. `reported`: something inside it is wrong, and was said. */
export type Got<T> = { readonly value: T } | "mismatch" | "reported";

export type FieldType<T> = {
  /** What an author is told to write: ``a duration such as `30s` ``. */
  readonly expected: string;
  read(value: Value, reading: Reading): Got<T>;
};

/** Where a value is read: `what` names it in messages, `at` is its place, `owner` the declaration it stands in. */
export type Reading = {
  readonly what: string;
  readonly at: Span;
  readonly owner: Declaration;
  readonly names: Names;
  report(found: Diagnostic): void;
};

export type FieldSpec<T> = { readonly type: FieldType<T>; readonly required: true } | { readonly type: FieldType<T>; readonly required: false; readonly otherwise: T };
export type FieldTable = { readonly [name: string]: FieldSpec<unknown> };
export type FieldsOf<Table extends FieldTable> = { readonly [Name in keyof Table]: Table[Name] extends FieldSpec<infer T> ? T : never };

export function required<T>(type: FieldType<T>): FieldSpec<T> {
  return { type, required: true };
}

/** `otherwise` is of the type itself, or null. */
export function optional<T>(type: FieldType<T>, otherwise: T): FieldSpec<T>;
export function optional<T, const Otherwise>(type: FieldType<T>, otherwise: Otherwise): FieldSpec<T | Otherwise>;
export function optional(type: FieldType<unknown>, otherwise: unknown): FieldSpec<unknown> {
  return { type, required: false, otherwise };
}

/** What the fields mean; null where one that must be given is missing or any is wrong, which has been reported. */
export function readFields<Table extends FieldTable>(table: Table, fields: readonly Field[], reading: Reading): FieldsOf<Table> | null {
  const given = new Map<string, Field>();
  let sound = true;
  const values: [string, unknown][] = [];
  for (const field of fields) {
    const name = fieldName(field);
    const first = given.get(name);
    if (first !== undefined) {
      reading.report(repeated(name, first, field));
      continue;
    }
    given.set(name, field);
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    if (spec === undefined) {
      reading.report(unknownField(field, table, reading));
      continue;
    }
    const got = readValue(spec.type, field.value, { ...reading, what: `\`${name}\` of ${reading.what}`, at: field.value.span });
    if (got === null) sound = false;
    else values.push([name, got.value]);
  }
  for (const [name, spec] of Object.entries(table)) {
    if (given.has(name)) continue;
    if (!spec.required) values.push([name, spec.otherwise]);
    else {
      sound = false;
      reading.report(diagnose(typeMismatch, { span: reading.at, message: `${reading.what} has no \`${name}\``, help: `add \`${name} = …\`: ${spec.type.expected}` }));
    }
  }
  return sound ? (Object.fromEntries(values) as FieldsOf<Table>) : null;
}

/** Reads one value and says what is wrong with it; null where something is. */
export function readValue<T>(type: FieldType<T>, value: Value, reading: Reading): { readonly value: T } | null {
  const got = type.read(value, reading);
  if (got === "mismatch") reading.report(diagnose(typeMismatch, { span: value.span, message: `${reading.what} must be ${type.expected}, not ${described(value)}` }));
  return typeof got === "string" ? null : got;
}

/** The value of every field of a table in which none must be given. */
export function defaultsOf<Table extends FieldTable>(table: Table): FieldsOf<Table> {
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, spec.required ? undefined : spec.otherwise])) as FieldsOf<Table>;
}

export function fieldName(field: Field): string {
  return field.name.kind === "name" ? field.name.text : field.name.value;
}

export function repeated(name: string, first: { readonly span: Field["span"] }, again: { readonly span: Field["span"] }): Diagnostic {
  return diagnose(duplicateName, { span: again.span, message: `\`${name}\` is given twice`, labels: [{ span: first.span, text: "first given here" }], help: "keep one of the two" });
}

/** A value as a sentence names it. */
export function described(value: Value): string {
  switch (value.kind) {
    case "name": return `the name \`${value.text}\``;
    case "number": case "size": case "bytes": case "percent": return `\`${value.text}\``;
    case "duration": return `the duration \`${value.text}\``;
    case "money": return `the amount \`${value.text}\``;
    case "price": return `the price \`${value.text}\``;
    case "string": return "a string";
    case "pattern": return "a pattern";
    case "list": return "a list";
    case "record": return "a record";
    case "env": return "a value of the environment";
    case "range": return "a range";
  }
}

function unknownField(field: Field, table: FieldTable, reading: Reading): Diagnostic {
  const name = fieldName(field);
  const known = Object.keys(table);
  const there = known.length === 0 ? "it has no fields" : `it can have ${listed([...known].sort())}`;
  const meant = didYouMean(name, known);
  return diagnose(unresolvedName, { span: field.name.span, message: `unknown field \`${name}\` of ${reading.what}`, help: meant === null ? there : `${meant} ${there}` });
}
