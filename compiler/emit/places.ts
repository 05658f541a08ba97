// Where every id of a program stands in its text, and what its author said of it.
import type { Span } from "#lang";
import type { Bound, BoundSelector } from "../bind/index.ts";

/** `point`: what a report underlines. `whole`: all of it. */
export type SourcePlace = { readonly point: Span; readonly whole: Span; readonly doc: string | null };

export function placesOf(bound: Bound): ReadonlyMap<string, SourcePlace> {
  const places = new Map<string, SourcePlace>();
  for (const { id, node } of [...bound.providers, ...bound.targets, ...bound.selectors, ...bound.guards, ...bound.rules, ...bound.alerts, ...bound.models]) {
    places.set(id, { point: node.name.span, whole: node.span, doc: node.doc });
  }
  for (const selector of bound.selectors) for (const { id, span } of insideOf(selector)) places.set(id, { point: span, whole: span, doc: null });
  for (const { id, node } of bound.invariants) places.set(id, { point: node.title.span, whole: node.span, doc: node.doc });
  return places;
}

function insideOf(selector: BoundSelector): readonly { readonly id: string; readonly span: Span }[] {
  switch (selector.kind) {
    case "dispatcher": return selector.arms.map(({ id, node }) => ({ id, span: node.span }));
    case "smallest": return selector.parts.map(({ id, selector: part }) => ({ id, span: part.name.span }));
    case "cascade": return selector.tries.map(({ id, node }) => ({ id, span: node.span }));
    case "alloy": return selector.parts.map(({ id, node }) => ({ id, span: node.span }));
  }
}
