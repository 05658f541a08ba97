// Two trees are the same when they are equal without the places of their nodes and without comments and layout.
import type { File } from "#lang";

const PLACES: ReadonlySet<string> = new Set(["span", "editionSpan", "comments", "blanks"]);

export function stripSpans(tree: File): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value: unknown) => (PLACES.has(key) ? undefined : value)));
}
