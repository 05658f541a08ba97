// What a finished answer must be: JSON, or JSON of a schema. In: the answer's text. Out: what is wrong with it, in words
// its model can act upon; nothing where it is as expected.
import type { Json, Rule } from "#contracts";
import { Ajv, type ErrorObject, type Options } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { DEEPEST, tooDeep } from "../nesting.ts";

export type Expectation = (text: string) => readonly string[];
type Expected = Extract<Rule["match"], { readonly kind: "json" | "schema" }>;

/** Compiled once for a rule of a bundle, which is never changed. Throws where {@link schemaProblem} has something to say. */
export function expectationOf(match: Expected): Expectation {
  let known = compiled.get(match);
  if (known === undefined) compiled.set(match, (known = match.kind === "json" ? (text) => parsed(text).problems : bySchema(match.schema as Json)));
  return known;
}

/** Why a schema cannot be held to, in a few words; null where it can. */
export function schemaProblem(schema: Json): string | null {
  try {
    validatorOf(schema);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, LONGEST) : "it is no JSON schema";
  }
}

const compiled = new WeakMap<Expected, Expectation>();

const MOST = 8;
const LONGEST = 200;

function bySchema(schema: Json): Expectation {
  const validate = validatorOf(schema);
  return (text) => {
    const { value, problems } = parsed(text);
    if (problems.length > 0 || validate(value)) return problems;
    const errors = (validate.errors ?? []).map(wordsOf);
    return errors.length <= MOST ? errors : [...errors.slice(0, MOST), `and ${errors.length - MOST} more`];
  };
}

/** A word of a schema that would be passed over is an error, formats included: what is not checked must not be relied on. */
const STRICT: Options = { strict: true, strictTypes: false, strictTuples: false, strictRequired: false, allErrors: true, logger: false };

/** Each schema by itself: the ids in one are nothing to another. The draft is the one it names, else the newest. */
function validatorOf(schema: Json): ReturnType<Ajv["compile"]> {
  if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema))) throw new Error("a schema is an object, or true or false");
  const draft = typeof schema === "object" && "$schema" in schema ? schema["$schema"] : null;
  const is = (name: string): boolean => typeof draft === "string" && draft.includes(name);
  const ajv = is("draft-07") || is("draft-06") ? new Ajv(STRICT) : is("2019-09") ? new Ajv2019(STRICT) : new Ajv2020(STRICT);
  return ajv.compile(schema as object | boolean);
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
