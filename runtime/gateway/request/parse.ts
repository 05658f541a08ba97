// The bytes of a body as a JSON object, or what is wrong with them and where.
import type { JsonObject } from "../../stream/index.ts";
import { DEEPEST, tooDeep } from "../../nesting.ts";
import { badRequest, type Problem } from "../problem.ts";

export type Parsed = { readonly kind: "body"; readonly body: JsonObject } | { readonly kind: "problem"; readonly problem: Problem };

export function parseBody(bytes: Uint8Array): Parsed {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return wrong("the body is not UTF-8");
  }
  if (text.trim() === "") return wrong("the body is empty, and a JSON object is expected");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`the body is not valid JSON${placeOf(error, text)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("the body must be a JSON object");
  if (tooDeep(text, value)) return wrong(`the body is nested deeper than ${DEEPEST} levels`);
  return { kind: "body", body: value as JsonObject };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function wrong(message: string): Parsed {
  return { kind: "problem", problem: badRequest(message, null, "invalid_json") };
}

/** The engine's own message quotes the body; only the position is taken from it. */
function placeOf(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : "";
  const found = /position (\d+)/.exec(message);
  const position = Math.min(Number(found?.[1] ?? text.length), text.length);
  if (position === text.length || message.startsWith("Unterminated")) return ": it ends too early";
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  return `: unexpected text at line ${line}, column ${position - before.lastIndexOf("\n")}`;
}
