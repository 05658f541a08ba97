// Whether all items of a list are different, as JSON has it: members in any order are the same object. In one pass over
// the list and what is in it, where comparing each with each takes minutes for what a model writes in a second.

/** The places of two items that are the same, the later one first; null where none are. */
export function firstTwins(list: readonly unknown[]): readonly [number, number] | null {
  const places = new Map<string, number>();
  for (const [at, item] of list.entries()) {
    const text = textOf(item);
    const before = places.get(text);
    if (before !== undefined) return [at, before];
    places.set(text, at);
  }
  return null;
}

/** The same for the same value. Not the bundle's canonical text: half a character is something a model can write. */
function textOf(value: unknown): string {
  if (typeof value === "number") return String(value); // `1e999` is read as Infinity, which JSON would call null
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  const members = value as { readonly [key: string]: unknown };
  return `{${Object.keys(members).sort().map((key) => `${JSON.stringify(key)}:${textOf(members[key])}`).join(",")}}`;
}
