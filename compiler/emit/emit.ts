// IN: a policy and the places of its ids. OUT: the bundle. The digest covers the policy alone; places, docs and file names
// stand beside it, so that comments, layout and where the project lies on a disk do not change it.
import { BUNDLE_FORMAT, canonical, canonicalOf, digestText, type Bundle, type Place, type Policy } from "#contracts";
import { lineStarts, positionAt, type SourceFile, type Span } from "#lang";
import { pathFrom } from "../host.ts";
import type { SourcePlace } from "./places.ts";

export type EmitInput = {
  readonly policy: Policy;
  readonly places: ReadonlyMap<string, SourcePlace>;
  readonly entry: string;
  readonly sources: readonly SourceFile[];
};

export function emit({ policy, places, entry, sources }: EmitInput): Bundle {
  const place = placer(entry, sources);
  const there = idsOf(policy).flatMap((id) => {
    const found = places.get(id);
    return found === undefined ? [] : [{ id, ...found }];
  });
  const about = {
    entry: pathFrom(entry, entry),
    places: Object.fromEntries(there.map(({ id, whole }) => [id, place(whole)])),
    docs: Object.fromEntries(there.flatMap(({ id, doc }) => (doc === null ? [] : [[id, doc]]))),
  };
  const text = canonical(policy);
  const unsealed = { format: BUNDLE_FORMAT, digest: digestText(text), policy, about } as const;
  const seal = digestText(canonicalOf({ format: canonical(unsealed.format), digest: canonical(unsealed.digest), policy: text, about: canonical(about) }));
  return { ...unsealed, seal };
}

/** The bytes of a bundle: the same for the same policy on every machine. */
export function bundleText(bundle: Bundle): string {
  return `${canonical(bundle)}\n`;
}

function placer(entry: string, sources: readonly SourceFile[]): (span: Span) => Place {
  const files = new Map(sources.map((source) => [source.path, { file: pathFrom(entry, source.path).toWellFormed(), starts: lineStarts(source.text) }]));
  return ({ file: path, start, end }) => {
    const { file, starts } = files.get(path)!;
    const from = positionAt(starts, start);
    const to = positionAt(starts, end);
    return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  };
}

/** Every id a receipt or a report may name. */
function idsOf(policy: Policy): readonly string[] {
  const { providers, targets, selectors, guards, rules, alerts, models, invariants } = policy;
  const inside = selectors.flatMap((one): readonly { readonly id: string }[] => (one.kind === "dispatcher" ? one.arms : one.kind === "cascade" ? one.tries : one.parts));
  return [...providers, ...targets, ...selectors, ...inside, ...guards, ...rules, ...alerts, ...models, ...invariants].map((one) => one.id);
}
