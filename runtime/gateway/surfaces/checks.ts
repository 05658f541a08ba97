// Checks of a request's body, as far as the gateway itself reads it; fields it does not know pass through untouched.
import type { JsonObject } from "../../stream/index.ts";
import { badRequest, type Problem } from "../problem.ts";
import type { Read } from "../surface.ts";

export type Wrong = { readonly param: string; readonly must: string };
export type Check = { readonly must: string; is(value: unknown): boolean };
export type Checks = readonly (readonly [param: string, check: Check])[];

export const TEXT: Check = { must: "a string that is not empty", is: (value) => typeof value === "string" && value !== "" };
export const BOOL: Check = { must: "true or false", is: (value) => typeof value === "boolean" };
export const RECORD: Check = { must: "an object", is: isRecord };
export const LIST: Check = { must: "a list", is: Array.isArray };
export const RECORDS: Check = { must: "a list of objects", is: (value) => Array.isArray(value) && value.every(isRecord) };
export const COUNT: Check = { must: "a whole number above 0", is: (value) => Number.isSafeInteger(value) && (value as number) > 0 };
export const NUMBER: Check = { must: "a number", is: (value) => typeof value === "number" };
/** Content of a message or the like: one text, or parts of which some may be something else. */
export const CONTENT: Check = { must: "a string or a list of parts", is: (value) => typeof value === "string" || RECORDS.is(value) };

export function firstMissing(body: JsonObject, required: Checks): Wrong | null {
  for (const [param, check] of required) if (!check.is(body[param])) return { param, must: check.must };
  return null;
}

/** Null stands for "not given", as the providers read it. */
export function firstWrong(body: JsonObject, optional: Checks): Wrong | null {
  for (const [param, check] of optional) {
    const value = body[param];
    if (value !== undefined && value !== null && !check.is(value)) return { param, must: check.must };
  }
  return null;
}

export function wrongTool(tools: unknown): Wrong | null {
  const at = Array.isArray(tools) ? tools.findIndex((tool) => !isRecord(tool)) : -1;
  return at === -1 ? null : { param: `tools[${at}]`, must: "an object" };
}

export function wrongMetadata(metadata: unknown): Wrong | null {
  if (isRecord(metadata)) for (const key of Object.keys(metadata)) if (typeof metadata[key] !== "string") return { param: `metadata.${key}`, must: "a string" };
  return null;
}

export function refusedRead(wrong: Wrong): Read {
  return { kind: "problem", problem: problemOf(wrong) };
}

export function problemOf({ param, must }: Wrong): Problem {
  return badRequest(`\`${param}\` must be ${must}`, param);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Metadata that has passed `wrongMetadata`. */
export function textsOf(metadata: unknown): Readonly<Record<string, string>> {
  return isRecord(metadata) ? (metadata as Record<string, string>) : {};
}
