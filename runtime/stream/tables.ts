// In: an automaton of the bundle. Out: its tables, as the hot path wants them. Nothing here changes once it is loaded.
import type { Automaton } from "#contracts";

export type Tables = {
  readonly automaton: Automaton;
  /** The place of a rule in the automaton, by its id. */
  readonly places: ReadonlyMap<string, number>;
  /** The class of every code point up to U+FFFF, and the cuts and classes beyond. */
  readonly classes: Uint16Array;
  readonly astralCuts: readonly number[];
  readonly astralClasses: readonly number[];
  /** `members[set][class]` is 1 where the set holds the class. */
  readonly members: readonly Uint8Array[];
  readonly before: readonly (readonly number[])[];
  /** Nodes at which a match may begin, by the class they are entered with. */
  readonly starts: readonly (readonly number[])[];
  /** The longest way from a start to the node, in characters; Infinity behind a loop. */
  readonly depth: readonly number[];
};

export function loadTables(automaton: Automaton): Tables {
  const width = automaton.contexts.length;
  const before: number[][] = automaton.nodes.map(() => []);
  automaton.nodes.forEach((node, at) => node.follow.forEach((next) => before[next]!.push(at)));
  const starts: number[][] = automaton.contexts.map(() => []);
  automaton.nodes.forEach((node, at) => {
    if (node.start !== 0) for (const one of automaton.sets[node.set]!) starts[one]!.push(at);
  });
  const astral = automaton.cuts.findIndex((cut) => cut > 0xffff);
  const firstAstral = astral < 0 ? automaton.cuts.length : astral;
  return {
    automaton,
    places: new Map(automaton.rules.map((id, at) => [id, at])),
    classes: plane(automaton),
    astralCuts: [0x10000, ...automaton.cuts.slice(firstAstral)],
    astralClasses: [automaton.classes[firstAstral - 1]!, ...automaton.classes.slice(firstAstral)],
    members: automaton.sets.map((set) => {
      const member = new Uint8Array(width);
      for (const one of set) member[one] = 1;
      return member;
    }),
    before,
    starts,
    depth: depths(automaton, before),
  };
}

export function classOf(tables: Tables, code: number): number {
  if (code <= 0xffff) return tables.classes[code]!;
  const { astralCuts } = tables;
  let low = 0;
  let high = astralCuts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (astralCuts[middle]! <= code) low = middle;
    else high = middle - 1;
  }
  return tables.astralClasses[low]!;
}

/** The nodes from which a match of one of `rules` can be completed. */
export function aliveFor(tables: Tables, rules: ReadonlySet<number>): Uint8Array {
  const alive = new Uint8Array(tables.automaton.nodes.length);
  const queue: number[] = [];
  tables.automaton.nodes.forEach((node, at) => {
    if (node.accept.some(([rule]) => rules.has(rule))) queue.push(at);
  });
  for (const at of queue) alive[at] = 1;
  for (const at of queue) {
    for (const before of tables.before[at]!) {
      if (alive[before] === 1) continue;
      alive[before] = 1;
      queue.push(before);
    }
  }
  return alive;
}

function plane({ cuts, classes }: Automaton): Uint16Array {
  const out = new Uint16Array(0x10000);
  cuts.forEach((from, at) => {
    if (from <= 0xffff) out.fill(classes[at]!, from, Math.min(cuts[at + 1] ?? 0x10000, 0x10000));
  });
  return out;
}

/** Kahn's order; whatever never comes up stands on a loop or behind one. */
function depths({ nodes }: Automaton, before: readonly (readonly number[])[]): readonly number[] {
  const depth = nodes.map(() => Infinity);
  const open = before.map((list) => list.length);
  const ready = nodes.flatMap((_, at) => (open[at] === 0 ? [at] : []));
  for (const at of ready) {
    depth[at] = 1 + before[at]!.reduce((most, one) => Math.max(most, depth[one]!), 0);
    for (const next of nodes[at]!.follow) if (--open[next]! === 0) ready.push(next);
  }
  return depth;
}
