// Whether any JSON value meets a schema. Not decidable in practice for all of JSON Schema, so there are three answers:
// `yes`, with a value that the runtime's own validator accepts; `no`, with the reason; and `unknown`, which is said aloud.
//
// `no` is proved from below: a schema is empty if each type it allows is, and a type is empty where its own words
// contradict each other. What is not understood is taken to allow everything, so that a `no` is never wrong.
import type { Json } from "#contracts";
import { expectationOf, type ExpectedSchema } from "#runtime/stream";
import { readSchema, readSearched, shortestText } from "../patterns/index.ts";

export type Satisfiable =
  | { readonly kind: "yes"; readonly example: Json }
  /** `at` is the JSON pointer of the part that nothing meets, "" for the whole. */
  | { readonly kind: "no"; readonly at: string; readonly why: string }
  | { readonly kind: "unknown" };

/** `schema` is one the runtime can check (W7002 says which it cannot). */
export function satisfiable(schema: Json): Satisfiable {
  const empty = emptiness(schema, { root: schema, at: "", refs: [] });
  if (empty !== null) return { kind: "no", ...empty };
  const read = readSchema(schema);
  if (!read.ok) return { kind: "unknown" };
  const meets = expectationOf({ kind: "schema", schema: schema as ExpectedSchema["schema"], ...(read.patterns === null ? {} : { patterns: read.patterns }) });
  for (const example of examples(schema, { root: schema, depth: 0 })) {
    if (meets(JSON.stringify(example)).length === 0) return { kind: "yes", example };
  }
  return { kind: "unknown" };
}

type Words = { readonly [word: string]: Json | undefined };
type Empty = { readonly at: string; readonly why: string };
type Within = { readonly root: Json; readonly at: string; readonly refs: readonly string[] };

const TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"];

/** Why nothing meets the schema; null where something may. */
function emptiness(schema: Json, within: Within): Empty | null {
  if (schema === false) return { at: within.at, why: "it is `false`" };
  const words = wordsOf(schema);
  if (words === null) return null;
  const below = (part: Json | undefined, path: string): Empty | null => (part === undefined ? null : emptiness(part, { ...within, at: `${within.at}/${path}` }));

  const listed = words["const"] === undefined ? words["enum"] : [words["const"]];
  if (isList(listed)) {
    const types = typesOf(words);
    if (listed.every((value) => !types.some((type) => isOf(value as Json, type)))) return { at: within.at, why: "none of the values it lists is of its type" };
  }
  for (const [n, part] of listOf(words["allOf"]).entries()) {
    const found = below(part, `allOf/${n}`);
    if (found !== null) return found;
  }
  for (const word of ["anyOf", "oneOf"]) {
    const parts = listOf(words[word]).map((part, n) => below(part, `${word}/${n}`));
    if (parts.length > 0 && parts.every((one) => one !== null)) return { at: within.at, why: `nothing meets any part of its \`${word}\`` };
  }
  if (words["not"] === true || (wordsOf(words["not"] ?? null) !== null && Object.keys(words["not"] as object).length === 0)) return { at: within.at, why: "its `not` rules out everything" };

  const ref = words["$ref"];
  if (typeof ref === "string" && !within.refs.includes(ref)) {
    const target = resolve(within.root, ref);
    const found = target === undefined ? null : emptiness(target, { root: within.root, at: ref, refs: [...within.refs, ref] });
    if (found !== null) return found;
  }

  const shared = [words, ...listOf(words["allOf"]).map((part) => wordsOf(part) ?? {})].map(typesOf);
  const types = TYPES.filter((type) => shared.every((allowed) => allowed.includes(type) || (type === "integer" && allowed.includes("number"))));
  if (types.length === 0) return { at: within.at, why: "no type is allowed by all of its parts" };
  let first: Empty | null = null;
  for (const type of types) {
    const found = emptyType(type, words, { within, below });
    if (found === null) return null;
    first ??= found;
  }
  return first;
}

function emptyType(type: string, words: Words, { within, below }: { readonly within: Within; readonly below: (part: Json | undefined, path: string) => Empty | null }): Empty | null {
  const number = (word: string): number | null => (typeof words[word] === "number" ? words[word] : null);
  const crossed = (least: string, most: string): Empty | null => {
    const [low, high] = [number(least), number(most)];
    return low !== null && high !== null && low > high ? { at: within.at, why: `\`${least}\` is above \`${most}\`` } : null;
  };
  switch (type) {
    case "integer":
    case "number": {
      const low = Math.max(number("minimum") ?? -Infinity, number("exclusiveMinimum") ?? -Infinity);
      const high = Math.min(number("maximum") ?? Infinity, number("exclusiveMaximum") ?? Infinity);
      const open = low === number("exclusiveMinimum") || high === number("exclusiveMaximum");
      if (low > high || (low === high && open)) return { at: within.at, why: "no number is within its limits" };
      if (type === "number" || !Number.isFinite(low) || !Number.isFinite(high)) return null;
      const first = low === number("exclusiveMinimum") ? Math.floor(low) + 1 : Math.ceil(low);
      return first > high || (first === high && high === number("exclusiveMaximum")) ? { at: within.at, why: "no whole number is within its limits" } : null;
    }
    case "string":
      return crossed("minLength", "maxLength");
    case "array": {
      const found = crossed("minItems", "maxItems");
      if (found !== null) return found;
      const tuple = listOf(words["prefixItems"] ?? (isList(words["items"]) ? words["items"] : undefined));
      for (let n = 0; n < Math.min(number("minItems") ?? 0, tuple.length); n++) {
        const item = below(tuple[n], `prefixItems/${n}`);
        if (item !== null) return item;
      }
      return (number("minItems") ?? 0) > tuple.length && !isList(words["items"]) ? below(words["items"], "items") : null;
    }
    case "object": {
      const found = crossed("minProperties", "maxProperties");
      if (found !== null) return found;
      const required = listOf(words["required"]).filter((name) => typeof name === "string");
      const most = number("maxProperties");
      if (most !== null && new Set(required).size > most) return { at: within.at, why: "it requires more properties than `maxProperties` allows" };
      const properties = wordsOf(words["properties"] ?? null) ?? {};
      for (const name of required) {
        const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
        if (own === undefined && words["additionalProperties"] === false && words["patternProperties"] === undefined) return { at: within.at, why: `it requires \`${name}\`, which \`additionalProperties\` rules out` };
        const property = below(own, `properties/${name}`);
        if (property !== null) return property;
      }
      return null;
    }
    default:
      return null;
  }
}

// ── examples ─────────────────────────────────────────────────────────────────────────────────────────────────

type Making = { readonly root: Json; readonly depth: number };
const DEEPEST = 12;
const MOST = 24;

/** Values that are likely to meet it; whether one does is the validator's to say. */
function examples(schema: Json, making: Making): readonly Json[] {
  const words = wordsOf(schema);
  if (words === null) return schema === true ? [null] : [];
  if (making.depth > DEEPEST) return [];
  const deeper = { ...making, depth: making.depth + 1 };
  if (words["const"] !== undefined) return [words["const"]];
  if (isList(words["enum"])) return words["enum"].slice(0, MOST);
  const ref = typeof words["$ref"] === "string" ? resolve(making.root, words["$ref"]) : undefined;
  if (ref !== undefined) return examples(ref, deeper);
  const found = typesOf(words).flatMap((type) => examplesOf(type, words, deeper));
  const parts = [...listOf(words["anyOf"]), ...listOf(words["oneOf"])].flatMap((part) => examples(merged([words, wordsOf(part) ?? {}]), deeper));
  const all = listOf(words["allOf"]).length === 0 ? [] : examples(merged([words, ...listOf(words["allOf"]).map((part) => wordsOf(part) ?? {})]), deeper);
  return [...parts, ...all, ...found].slice(0, MOST);
}

function examplesOf(type: string, words: Words, making: Making): readonly Json[] {
  const number = (word: string): number | null => (typeof words[word] === "number" ? words[word] : null);
  switch (type) {
    case "null":
      return [null];
    case "boolean":
      return [true, false];
    case "integer":
    case "number": {
      const step = number("multipleOf") ?? 1;
      const low = number("minimum") ?? (number("exclusiveMinimum") ?? -step) + step;
      const high = number("maximum") ?? (number("exclusiveMaximum") ?? low + step) - step;
      return [Math.ceil(low / step) * step, Math.floor(high / step) * step, (low + high) / 2, 0];
    }
    case "string": {
      const least = number("minLength") ?? 0;
      const plain = "x".repeat(Math.min(least, 10_000));
      const read = typeof words["pattern"] === "string" ? readSearched(words["pattern"]) : null;
      const shortest = read?.ok === true ? shortestText(read.searched.pattern) : null;
      const found = shortest?.kind === "text" ? shortest.text : "";
      return found === "" ? [plain] : [found, found.padEnd(least, "0"), found.padEnd(least, found.at(-1)), plain];
    }
    case "array": {
      const tuple = listOf(words["prefixItems"] ?? (isList(words["items"]) ? words["items"] : undefined));
      const rest = isList(words["items"]) ? true : (words["items"] ?? words["contains"] ?? true);
      const length = Math.min(Math.max(number("minItems") ?? 0, words["contains"] === undefined ? 0 : 1), 100);
      const items = Array.from({ length }, (_, n) => examples(tuple[n] ?? rest, making));
      return items.some((one) => one.length === 0) ? [] : [items.map((one, n) => one[words["uniqueItems"] === true ? n % one.length : 0]!)];
    }
    default: {
      const properties = wordsOf(words["properties"] ?? null) ?? {};
      const entries = listOf(words["required"]).flatMap((name) => {
        if (typeof name !== "string") return [];
        const value = examples((Object.hasOwn(properties, name) ? properties[name] : words["additionalProperties"]) ?? true, making)[0];
        return value === undefined ? [] : [[name, value] as const];
      });
      return [Object.fromEntries(entries)];
    }
  }
}

/** Several schemas' words in one; of a word that several have the last one's counts, but for what adds up. */
function merged(parts: readonly Words[]): Json {
  const result: Record<string, Json | undefined> = {};
  for (const { allOf: _all, anyOf: _any, oneOf: _one, ...words } of parts) {
    for (const [word, value] of Object.entries(words)) {
      const known = result[word];
      if (word === "required") result[word] = [...listOf(known), ...listOf(value)];
      else if (word === "properties") result[word] = { ...wordsOf(known ?? null), ...wordsOf(value ?? null) } as Json;
      else result[word] = value;
    }
  }
  return result as Json;
}

// ── reading a schema ─────────────────────────────────────────────────────────────────────────────────────────

function typesOf(words: Words): readonly string[] {
  const { type } = words;
  return typeof type === "string" ? [type] : isList(type) ? type.filter((one) => typeof one === "string") : TYPES;
}

function isOf(value: Json, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return isList(value);
  if (type === "integer") return Number.isInteger(value);
  return type === "object" ? wordsOf(value) !== null : typeof value === type;
}

/** `#` and `#/a/b`; anything else is not followed. */
function resolve(root: Json, ref: string): Json | undefined {
  if (ref !== "#" && !ref.startsWith("#/")) return undefined;
  let at: Json | undefined = root;
  for (const key of ref.split("/").slice(1)) {
    const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isList(at) ? at[Number(name)] : wordsOf(at ?? null)?.[name];
  }
  return at;
}

function wordsOf(value: Json): Words | null {
  return typeof value === "object" && value !== null && !isList(value) ? (value as Words) : null;
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
