// In: a JSON schema. Out: what its patterns match, as the bundle holds it, or why it cannot be held to. Which patterns
// those are the validator itself says, so that a word `pattern` that is a property's name or a default is none.
import type { Json, SchemaPatterns } from "#contracts";
import { patternsAsked } from "#runtime/stream";
import { buildAutomaton } from "./automaton.ts";
import { readSearched, type Searched } from "./read.ts";

/** `patterns` is null where it has none. */
export type ReadSchema =
  | { readonly ok: true; readonly patterns: SchemaPatterns | null }
  | { readonly ok: false; readonly problem: string; readonly help: string };

const HELP = "schemas of the drafts 7, 2019-09 and 2020-12 are checked, in one file and without `format`: write a `pattern` for it";

/** Read once: more than one check asks about a schema, and it is lowered besides. */
export function readSchema(schema: Json): ReadSchema {
  if (typeof schema !== "object" || schema === null) return read(schema);
  let result = known.get(schema);
  if (result === undefined) known.set(schema, (result = read(schema)));
  return result;
}

const known = new WeakMap<object, ReadSchema>();

function read(schema: Json): ReadSchema {
  const asked = patternsAsked(schema);
  if (!asked.ok) return { ok: false, problem: asked.problem, help: HELP };
  const all: (Searched & { readonly source: string })[] = [];
  for (const source of asked.sources) {
    const one = readSearched(source);
    if (!one.ok) {
      const { message, help } = one.problem;
      return { ok: false, problem: `in its pattern \`${source}\`: ${message}`, help: one.problem.kind === "too-large" ? "use smaller repeats, or `maxLength` for the length of a text" : help };
    }
    all.push({ source, ...one.searched });
  }
  if (all.length === 0) return { ok: true, patterns: null };
  const automaton = buildAutomaton("automaton:schema", all.map(({ pattern }, at) => ({ id: `pattern:${at + 1}`, pattern })));
  return { ok: true, patterns: { sources: all.map(({ source, empty }) => ({ source, empty })), automaton } };
}
