// What a finished answer must be: JSON, or JSON of a schema. In: the answer's text. Out: what is wrong with it, in words
// its model can act upon; nothing where it is as expected.
//
// What a model writes is not to be trusted, so however it is written, checking it takes time in proportion to its length:
// patterns are automata of the bundle (search.ts), items are told apart in one pass (distinct.ts), and how often `$ref`
// is followed has a bound.
import type { Json, Rule, SchemaPatterns } from "#contracts";
import { _, Ajv, type CodeKeywordDefinition, type ErrorObject, type SchemaValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { DEEPEST, tooDeep } from "../nesting.ts";
import { createTwins, type Twins } from "./distinct.ts";
import { type Test, testsOf } from "./search.ts";

export type Expectation = (text: string) => readonly string[];
type Expected = Extract<Rule["match"], { readonly kind: "json" | "schema" }>;

export type ExpectedSchema = Extract<Expected, { readonly kind: "schema" }>;

/** Compiled once for a rule of a bundle, which is never changed. Throws where {@link schemaProblem} has something to say. */
export function expectationOf(match: Expected): Expectation {
  let known = compiled.get(match);
  if (known === undefined) compiled.set(match, (known = match.kind === "json" ? (text) => parsed(text).problems : bySchema(match)));
  return known;
}

/** Why a schema cannot be held to, in a few words; null where it can. */
export function schemaProblem(match: ExpectedSchema): string | null {
  try {
    validatorOf(match.schema as Json, { patterns: enginesOf(match.patterns), errors: "all" });
    return null;
  } catch (error) {
    return wordsOfProblem(error);
  }
}

/** The patterns that a schema asks of texts and names, each once; or why it cannot be held to whatever they are. */
export function patternsAsked(schema: Json): { readonly ok: true; readonly sources: readonly string[] } | { readonly ok: false; readonly problem: string } {
  const sources = new Set<string>();
  const asked = (source: string): Test => {
    sources.add(source);
    return () => false;
  };
  try {
    validatorOf(schema, { patterns: asked, errors: "all" });
    return { ok: true, sources: [...sources] };
  } catch (error) {
    return { ok: false, problem: wordsOfProblem(error) };
  }
}

const compiled = new WeakMap<Expected, Expectation>();

const MOST = 8;
const LONGEST = 200;
/** Of an answer of more parts only the first thing that is wrong is told: the list of errors is copied where it grows. */
const MOST_PARTS = 1_000;

function bySchema(match: ExpectedSchema): Expectation {
  const patterns = enginesOf(match.patterns);
  const schema = match.schema as Json;
  const short = validatorOf(schema, { patterns, errors: "all" });
  let long: Validator | null = null;
  return (text) => {
    const { value, problems } = parsed(text);
    if (problems.length > 0) return problems;
    const { validate, steps, twins } = hasFewParts(text) ? short : (long ??= validatorOf(schema, { patterns, errors: "first" }));
    steps.left = STEPS + STEPS_PER_CHARACTER * text.length;
    try {
      if (validate(value)) return [];
    } catch {
      // Too many steps. Also where the library trips over a name: `{"valueOf": 1}` where it compares objects.
      return ["the answer cannot be checked"];
    } finally {
      twins.forget();
    }
    const errors = validate.errors ?? [];
    const told = errors.slice(0, MOST).map(wordsOf);
    return errors.length <= MOST ? told : [...told, `and ${errors.length - MOST} more`];
  };
}

/** Items and members are parted by commas. */
function hasFewParts(text: string): boolean {
  let parts = 0;
  for (let at = text.indexOf(","); at >= 0; at = text.indexOf(",", at + 1)) if (++parts >= MOST_PARTS) return false;
  return true;
}

/** A word of a schema that would be passed over is an error, formats included: what is not checked must not be relied on. */
const STRICT = { strict: true, strictTypes: false, strictTuples: false, strictRequired: false, logger: false } as const;

type Engines = (source: string) => Test;
type Validator = { readonly validate: ReturnType<Ajv["compile"]>; readonly steps: { left: number }; readonly twins: Twins };

/** Throws at a pattern that the bundle has nothing for. */
function enginesOf(patterns: SchemaPatterns | undefined): Engines {
  const tests = patterns === undefined ? () => undefined : testsOf(patterns);
  return (source) => {
    const test = tests(source);
    if (test === undefined) throw new Error(`the bundle has no automaton for its pattern \`${source}\``);
    return test;
  };
}

/** Each schema by itself: the ids in one are nothing to another. */
function validatorOf(schema: Json, { patterns, errors }: { readonly patterns: Engines; readonly errors: "all" | "first" }): Validator {
  if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema))) throw new Error("a schema is an object, or true or false");
  const Draft = draftOf(schema);
  checkerOf(Draft).validateSchema(schema as object | boolean, true);
  const steps = { left: 0 };
  const twins = createTwins();
  const ajv = new Draft({
    ...STRICT,
    validateSchema: false,
    allErrors: errors === "all",
    // Whether a property's own schema and a pattern's may both apply is nobody's business but the schema's, and finding
    // out would try the pattern backwards.
    allowMatchingProperties: true,
    code: { regExp: Object.assign((source: string) => ({ test: patterns(source), toString: () => `/${source}/u` }), { code: "new RegExp" }) },
  });
  ajv.removeKeyword("uniqueItems").addKeyword({ keyword: "uniqueItems", type: "array", schemaType: "boolean", errors: true, validate: distinct(twins) });
  for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) countSteps(ajv, keyword, steps);
  return { validate: ajv.compile(schema as object | boolean), steps, twins };
}

type Draft = typeof Ajv | typeof Ajv2019 | typeof Ajv2020;

/** The draft a schema names, else the newest. */
function draftOf(schema: Json): Draft {
  const draft = typeof schema === "object" && schema !== null && "$schema" in schema ? schema["$schema"] : null;
  const is = (name: string): boolean => typeof draft === "string" && draft.includes(name);
  return is("draft-07") || is("draft-06") ? Ajv : is("2019-09") ? Ajv2019 : Ajv2020;
}

/** Whether a schema is one at all: of its patterns' own engine the draft knows nothing, and its own patterns are plain. */
function checkerOf(Draft: Draft): Ajv {
  let known = checkers.get(Draft);
  if (known === undefined) checkers.set(Draft, (known = new Draft(STRICT)));
  return known;
}

const checkers = new Map<Draft, Ajv>();

function distinct(twins: Twins): SchemaValidateFunction {
  const check: SchemaValidateFunction = (must: boolean, items: readonly unknown[]): boolean => {
    const found = must ? twins.of(items) : null;
    if (found === null) return true;
    check.errors = [{ keyword: "uniqueItems", params: {}, message: `must NOT have duplicate items (items ## ${found[1]} and ${found[0]} are identical)` }];
    return false;
  };
  return check;
}

/**
 * A schema that refers to itself from several places (`oneOf` of an expression's forms, each with a `left`) looks at the
 * same part of an answer again in each of them, and at what is below it as often again. An answer that would need more
 * than this many steps is deep for that alone.
 */
const STEPS = 100_000;
const STEPS_PER_CHARACTER = 4;

function countSteps(ajv: Ajv, keyword: string, steps: { left: number }): void {
  const known = ajv.getKeyword(keyword);
  if (typeof known !== "object" || !("code" in known)) return;
  const { code } = known as CodeKeywordDefinition;
  const step = (): void => {
    if (--steps.left < 0) throw new Error("too many steps");
  };
  ajv.removeKeyword(keyword).addKeyword({
    ...(known as CodeKeywordDefinition),
    code: (cxt, type) => {
      cxt.gen.code(_`${cxt.gen.scopeValue("func", { ref: step })}()`);
      code(cxt, type);
    },
  });
}

function wordsOfProblem(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, LONGEST) : "it is no JSON schema";
}

function wordsOf({ instancePath, message, params }: ErrorObject): string {
  const given: Record<string, unknown> = params;
  const values = given["allowedValues"] ?? given["allowedValue"];
  const more = values !== undefined ? `: ${JSON.stringify(values)}` : typeof given["additionalProperty"] === "string" ? `: ${JSON.stringify(given["additionalProperty"])}` : "";
  return `${instancePath === "" ? "the answer" : instancePath} ${message ?? "is wrong"}${more}`.slice(0, LONGEST);
}

function parsed(text: string): { readonly value: unknown; readonly problems: readonly string[] } {
  try {
    const value = JSON.parse(text) as unknown;
    return { value, problems: tooDeep(text, value) ? [`the answer is nested deeper than ${DEEPEST} levels`] : [] };
  } catch (error) {
    return { value: null, problems: [`the answer is not valid JSON${placeOf(error, text)}`] };
  }
}

/** The engine's own message quotes the text; only the position is taken from it. */
function placeOf(error: unknown, text: string): string {
  if (text.trim() === "") return ": it is empty";
  const message = error instanceof Error ? error.message : "";
  const found = /position (\d+)/.exec(message);
  if (found === null) return message.startsWith("Unexpected end") ? ": it ends too early" : "";
  const position = Number(found[1]);
  if (position >= text.length) return ": it ends too early";
  const before = text.slice(0, position);
  return `: unexpected text at line ${before.split("\n").length}, column ${position - before.lastIndexOf("\n")}`;
}
