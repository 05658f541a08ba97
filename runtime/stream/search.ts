// Whether a pattern of a JSON schema matches anywhere in a text that is there as a whole: what the platform's
// `RegExp.test` answers, in one pass whatever the text.
import type { SchemaPatterns } from "#contracts";
import { contextOf, EDGE } from "./context.ts";
import { classOf, loadTables, type Tables } from "./tables.ts";
import { createView, type View } from "./view.ts";

export type Test = (text: string) => boolean;

/** By source; undefined for a pattern that is not among them. */
export function testsOf({ sources, automaton }: SchemaPatterns): (source: string) => Test | undefined {
  const tables = loadTables(automaton);
  const places = new Map(sources.map(({ source }, at) => [source, at]));
  return (source) => {
    const at = places.get(source);
    if (at === undefined) return undefined;
    const { empty } = sources[at]!;
    if (empty === EVERYWHERE) return () => true;
    const view = createView(tables, "search", [at]);
    return (text) => matches(text, { tables, view, empty });
  };
}

/** All 25 pairs of contexts. */
const EVERYWHERE = 2 ** 25 - 1;

function matches(text: string, { tables, view, empty }: { readonly tables: Tables; readonly view: View; readonly empty: number }): boolean {
  let state = view.start(EDGE);
  let before = EDGE;
  const endsBefore = (after: number): boolean => between(empty, before, after) || state.pending.some(([, mask]) => (mask & after) !== 0);
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at)!;
    const context = contextOf(code);
    if (endsBefore(context)) return true;
    state = view.step(state, classOf(tables, code));
    if (state.accepts.length > 0) return true;
    before = context;
    at += code > 0xffff ? 2 : 1;
  }
  return endsBefore(EDGE);
}

function between(pairs: number, before: number, after: number): boolean {
  return ((pairs >> (5 * place(before) + place(after))) & 1) === 1;
}

/** A context's place among the bits of a mask. */
function place(context: number): number {
  return 31 - Math.clz32(context);
}
