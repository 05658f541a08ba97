// Facts: what callers may say, and where it is read. A value outside a fact's type is refused before anything is planned, so
// no region holds it.
import type { DifferingDefinition, Fact } from "#contracts";
import type { Sides } from "../pairs.ts";
import { alike } from "../side.ts";
import { arrow, entries, joined, type Found } from "./entry.ts";

export function factChanges(sides: Sides): readonly DifferingDefinition[] {
  return joined(sides.old.served.facts, sides.now.served.facts).flatMap(([name, was, is]) => {
    // What nobody asks about makes no request different; what conditions make of a new fact is a region.
    const found: readonly Found[] = was === undefined ? [{ severity: "stricter", change: "is read, and refused where it is malformed" }] : is === undefined ? [{ severity: "cosmetic", change: "is read no longer" }] : fact(was, is);
    return entries(sides, { kind: "fact", id: name }, found);
  });
}

function fact(was: Fact, is: Fact): readonly Found[] {
  const found: Found[] = [];
  if (was.type.kind !== is.type.kind) found.push({ severity: "breaking", change: arrow("type", was.type.kind, is.type.kind) });
  else if ("values" in was.type && "values" in is.type) {
    const [before, after] = [was.type.values, is.type.values];
    const gone = before.filter((one) => !after.includes(one));
    const come = after.filter((one) => !before.includes(one));
    if (gone.length > 0) found.push({ severity: "breaking", change: `a request that says ${quoted(gone)} is refused as malformed` });
    if (come.length > 0) found.push({ severity: "routing", change: `may be ${quoted(come)}, which was refused as malformed` });
    if (gone.length + come.length === 0 && !alike(before, after)) found.push({ severity: "cosmetic", change: "lists its values in another order" });
  }
  // What callers say in the old place is heard no longer, and what is not heard counts as not said.
  if (!alike(was.source, is.source)) found.push({ severity: "weaker", change: arrow("from", source(was), source(is)) });
  return found;
}

function source({ source: { from, name } }: Fact): string {
  return `${from === "trusted-header" ? "trusted header" : from} ${JSON.stringify(name)}`;
}

function quoted(values: readonly string[]): string {
  return values.map((one) => `\`${one}\``).join(" or ");
}
