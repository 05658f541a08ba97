// A JSON text -> its value, and where in the text each part of it stands, so that a mistake in a file has a place. Stricter
// than the platform's reader in one thing: a key that occurs twice is an error, not a choice of the last.
import { lineStarts, positionAt, type Position } from "#lang";

export type JsonPath = readonly (string | number)[];

export type PlacedJson = {
  readonly value: unknown;
  /** Of a value, by its path; of a member, where its key stands. A path that is not there is as far as it is there. */
  placeOf(path: JsonPath): Position;
};

export type JsonMistake = { readonly message: string; readonly at: Position };

/** Deeper than anybody writes by hand, and no risk to the stack. */
const DEEPEST = 64;

export function placedJson(text: string): { readonly ok: true; readonly json: PlacedJson } | { readonly ok: false; readonly mistake: JsonMistake } {
  const starts = lineStarts(text);
  const read = readNode(text);
  if (!read.ok) return { ok: false, mistake: { message: read.message, at: positionAt(starts, read.at) } };
  return { ok: true, json: { value: read.node.value, placeOf: (path) => positionAt(starts, offsetOf(read.node, path)) } };
}

type Node = { readonly value: unknown; readonly at: number; readonly parts: ReadonlyMap<string | number, Part> };
type Part = { readonly at: number; readonly node: Node };
type Read = { readonly ok: true; readonly node: Node; readonly end: number } | { readonly ok: false; readonly message: string; readonly at: number };
type Token = { readonly text: string; readonly at: number; readonly end: number };

function offsetOf(node: Node, path: JsonPath): number {
  let at = node.at;
  let here = node;
  for (const step of path) {
    const part: Part | undefined = here.parts.get(step);
    if (part === undefined) return at;
    ({ at, node: here } = part);
  }
  return at;
}

function readNode(text: string): Read {
  const read = valueAt(text, 0, 0);
  if (!read.ok) return read;
  const rest = tokenAt(text, read.end);
  return rest.text === "" && rest.at === text.length ? read : { ok: false, message: "there is more after its end", at: rest.at };
}

// Value : "{" (Member ("," Member)*)? "}" | "[" (Value ("," Value)*)? "]" | Scalar
function valueAt(text: string, from: number, depth: number): Read {
  const token = tokenAt(text, from);
  if (depth > DEEPEST) return { ok: false, message: "it is nested too deeply", at: token.at };
  if (token.text === "{" || token.text === "[") return partsAt(text, token, depth);
  if (!/^["\dtfn-]/.test(token.text)) return unexpected(token, "a value");
  return { ok: true, node: { value: JSON.parse(token.text) as unknown, at: token.at, parts: new Map() }, end: token.end };
}

function partsAt(text: string, open: Token, depth: number): Read {
  const isObject = open.text === "{";
  const close = isObject ? "}" : "]";
  const parts = new Map<string | number, Part>();
  let next = tokenAt(text, open.end);
  for (let first = true; next.text !== close; first = false) {
    if (!first) {
      if (next.text !== ",") return unexpected(next, `\`,\` or \`${close}\``);
      next = tokenAt(text, next.end);
    }
    let key: string | number = parts.size;
    const { at } = next;
    let from = at;
    if (isObject) {
      if (!next.text.startsWith('"')) return unexpected(next, "a key in quotes");
      key = JSON.parse(next.text) as string;
      if (parts.has(key)) return { ok: false, message: `\`${key}\` is given twice`, at };
      const colon = tokenAt(text, next.end);
      if (colon.text !== ":") return unexpected(colon, "`:`");
      from = colon.end;
    }
    const read = valueAt(text, from, depth + 1);
    if (!read.ok) return read;
    parts.set(key, { at, node: read.node });
    next = tokenAt(text, read.end);
  }
  const entries = [...parts].map(([key, part]) => [key, part.node.value] as const);
  return { ok: true, node: { value: isObject ? Object.fromEntries(entries) : entries.map(([, value]) => value), at: open.at, parts }, end: next.end };
}

/** An empty text is the end, or something that is no token of JSON. */
function tokenAt(text: string, from: number): Token {
  const space = /[ \t\r\n]*/y;
  space.lastIndex = from;
  space.test(text);
  const at = space.lastIndex;
  const token = /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y; // oxlint-disable-line no-control-regex -- JSON forbids them in strings
  token.lastIndex = at;
  const found = token.exec(text)?.[0] ?? "";
  return { text: found, at, end: at + found.length };
}

function unexpected(token: Token, wanted: string): Read {
  return { ok: false, message: `expected ${wanted}`, at: token.at };
}
