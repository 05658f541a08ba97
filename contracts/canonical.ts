// One value, one text: JSON by RFC 8785 (JSON Canonicalization Scheme), and its SHA-256 digest.
// The same policy gives the same bytes on every machine because nothing here depends on the machine.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** A JSON value. Numbers must be finite; RFC 8785 has no text for the others. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The canonical text of `value`: members sorted by UTF-16 code units, no white space, ECMAScript's number and string
 * forms. Members whose value is undefined are left out, as in JSON. Throws on what JSON cannot say (NaN, a lone surrogate).
 */
export function canonical(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`JSON has no text for ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") return canonicalString(value);
  return isList(value) ? canonicalList(value) : canonicalObject(value);
}

/** The canonical text of an object, from those of its members: what is large and known already is not written twice. */
export function canonicalOf(members: { readonly [key: string]: string }): string {
  return `{${Object.keys(members).sort().map((key) => `${canonicalString(key)}:${members[key]!}`).join(",")}}`;
}

// Text is appended, not joined from lists: a large policy is some hundred thousand members, and this runs with every compile.

function canonicalList(list: readonly Json[]): string {
  let text = "";
  for (const item of list) text += text === "" ? canonical(item) : `,${canonical(item)}`;
  return `[${text}]`;
}

function canonicalObject(value: { readonly [key: string]: Json | undefined }): string {
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) text += `${text === "" ? "" : ","}${canonicalString(key)}:${canonical(member)}`;
  }
  return `{${text}}`;
}

/** `sha256:` and 64 hexadecimal digits over the UTF-8 bytes of the canonical text. */
export function digest(value: Json): string {
  return digestText(canonical(value));
}

export function digestText(text: string): string {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

/** Texts of these characters alone stand for themselves; most do. */
const PLAIN = /^[ !#-[\]-~]*$/;

function canonicalString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError("a lone surrogate has no UTF-8 form");
  return JSON.stringify(text);
}

function isList(value: readonly Json[] | { readonly [key: string]: Json | undefined }): value is readonly Json[] {
  return Array.isArray(value);
}
