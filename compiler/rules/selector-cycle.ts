// LAW: no selector reaches itself, through whatever other selectors and models. Escalations are no part of it: they are
// bounded by their limit.
import type { Diagnostic, Span } from "#lang";
import type { Bound, SelectorReference } from "../bind/bound.ts";
import { diagnose, type Explained } from "./rule.ts";

export const selectorCycle: Explained = {
  code: "W3006",
  name: "selector-cycle",
  severity: "error",
  law: "no selector leads back to itself",
  because: "a route that leads back to itself has no end",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

cascade steady {
  try small
  try backup
}

cascade backup {
  try steady
}

model chat { route = steady }
`,
  prefer: `ward 1

provider local { kind = mock }
provider other { kind = mock }
target small = local "small" { context = 32Ki }
target spare = other "spare" { context = 32Ki }

cascade steady {
  try small
  try spare
}

model chat { route = steady }
`,
};

type Hop = { readonly from: string; readonly to: SelectorReference };

export function selectorCycles(bound: Bound): readonly Diagnostic[] {
  const hops = hopsOf(bound);
  const done = new Set<string>();
  const found: Diagnostic[] = [];
  for (const start of hops.keys()) walk(start, { hops, done, found });
  return found;
}

/** Depth first, without recursion: a chain of selectors may be as long as the program. */
function walk(start: string, { hops, done, found }: { hops: ReadonlyMap<string, readonly Hop[]>; done: Set<string>; found: Diagnostic[] }): void {
  const path: { readonly id: string; readonly rest: Hop[]; via: Hop | null }[] = [];
  const at = new Map<string, number>();
  const enter = (id: string): void => {
    at.set(id, path.length);
    path.push({ id, rest: (hops.get(id) ?? []).toReversed(), via: null });
  };
  if (!done.has(start)) enter(start);
  while (path.length > 0) {
    const top = path.at(-1)!;
    const next = top.rest.pop();
    if (next === undefined) {
      path.pop();
      at.delete(top.id);
      done.add(top.id);
      continue;
    }
    top.via = next;
    const before = at.get(next.to.id);
    if (before !== undefined) found.push(cycle(path.slice(before).map((step) => step.via!)));
    else if (!done.has(next.to.id)) enter(next.to.id);
  }
}

function cycle(hops: readonly Hop[]): Diagnostic {
  const [first, ...others] = hops;
  const names = [...hops.map((hop) => nameOf(hop.from)), nameOf(hops.at(-1)!.to.id)];
  return diagnose(selectorCycle, {
    span: first!.to.name.span,
    message: `\`${names[0]}\` leads back to itself: ${names.map((name) => `\`${name}\``).join(" -> ")}`,
    labels: others.map((hop): { span: Span; text: string } => ({ span: hop.to.name.span, text: `\`${nameOf(hop.from)}\` leads to \`${nameOf(hop.to.id)}\`` })),
    help: "break the circle at one of these places",
  });

  function nameOf(id: string): string {
    return hops.find((hop) => hop.to.id === id)?.to.name.text ?? id.slice(id.indexOf(":") + 1);
  }
}

function hopsOf({ selectors, models }: Bound): ReadonlyMap<string, readonly Hop[]> {
  const hops = new Map<string, readonly Hop[]>();
  for (const selector of selectors) hops.set(selector.id, partsOf(selector).map((to) => ({ from: selector.id, to })));
  for (const model of models) hops.set(model.id, [{ from: model.id, to: model.fields.route }]);
  return hops;
}

function partsOf(selector: Bound["selectors"][number]): readonly SelectorReference[] {
  switch (selector.kind) {
    case "dispatcher": return selector.arms.flatMap((arm) => (arm.then.kind === "to" ? [arm.then.selector] : []));
    case "smallest": case "alloy": return selector.parts.map((part) => part.selector);
    case "cascade": return selector.tries.map((one) => one.selector);
  }
}
