// Reading JSON that anyone may have sent: what has another shape says nothing.
import type { Json } from "#contracts";
import { parseJson } from "../nesting.ts";
import type { JsonObject } from "../stream/index.ts";

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export function count(value: Json | undefined): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The value, where it is an object written as JSON; null where it is anything else, such as a call that was cut. */
export function parsedObject(json: string): JsonObject | null {
  if (json.trim() === "") return {};
  const value = parseJson(json);
  return isObject(value) ? value : null;
}

/** The object without the fields that are undefined, as JSON would write it. */
export function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
