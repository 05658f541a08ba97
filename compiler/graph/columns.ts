// In: cards and edges. Out: every card in a column, and in each column its order from the top. An edge that passes through
// columns has a lane of its own in each, so that it never crosses a card; targets share the last column, zone by zone.
//
//   models │ selectors │ selectors │ zone A: target, target
//          │   ── lane ────────────│▶ zone B: target
//
// Layered drawing after Sugiyama: longest paths, lanes, sweeps that put each thing where its neighbours are.
import type { GraphEdge } from "#contracts";
import type { Card } from "./card.ts";

/** What takes a place in a column: a card, or the lane of an edge that passes by. */
export type Unit = {
  readonly id: string;
  readonly column: number;
  readonly card: Card | null;
  readonly height: number;
  /** Of a target, its zone; units of one group stand together. */
  readonly group: string | null;
  readonly left: Joint[];
  readonly right: Joint[];
};
/** A piece of an edge between two neighbouring columns; the offsets are from the top of the units it joins. */
export type Joint = { readonly from: Unit; readonly leaves: number; readonly to: Unit; readonly arrives: number };
/** An edge as the pieces it is drawn with, from left to right. */
export type Route = { readonly edge: GraphEdge; readonly joints: readonly Joint[] };
export type Columns = { readonly columns: readonly (readonly Unit[])[]; readonly routes: readonly Route[]; readonly loose: readonly GraphEdge[] };

const LANE = 8;
/** How `group` is said of a target whose provider declares no zone. */
export const NO_ZONE = "";

export function arrange(cards: readonly Card[], edges: readonly GraphEdge[]): Columns {
  const ids = cards.map((card) => card.node.id);
  const { forward, loose } = withoutCycles(ids, edges);
  const columnOf = columnsOf(cards, forward);
  const units = new Map<string, Unit>();
  const columns: Unit[][] = Array.from({ length: 1 + Math.max(0, ...columnOf.values()) }, () => []);
  const put = (unit: Unit): Unit => {
    columns[unit.column]!.push(unit);
    return unit;
  };
  for (const card of cards) {
    const { id, kind, zone } = card.node;
    units.set(id, put({ id, column: columnOf.get(id)!, card, height: card.height, group: kind === "target" ? (zone ?? NO_ZONE) : null, left: [], right: [] }));
  }
  const routes = forward.map((edge, at): Route => ({ edge, joints: routeOf(edge, { at, units, put }) }));
  return { columns: ordered(columns), routes, loose };
}

function routeOf(edge: GraphEdge, { at, units, put }: { readonly at: number; readonly units: ReadonlyMap<string, Unit>; readonly put: (unit: Unit) => Unit }): readonly Joint[] {
  const source = units.get(edge.from)!;
  const goal = units.get(edge.to)!;
  const joints: Joint[] = [];
  let from = source;
  let leaves = source.card!.outlet(edge.row);
  for (let column = source.column + 1; column <= goal.column; column++) {
    const last = column === goal.column;
    const to = last ? goal : put({ id: `lane ${at}`, column, card: null, height: LANE, group: null, left: [], right: [] });
    const joint = { from, leaves, to, arrives: last ? goal.card!.inlet : LANE / 2 };
    from.right.push(joint);
    to.left.push(joint);
    joints.push(joint);
    [from, leaves] = [to, LANE / 2];
  }
  return joints;
}

/** An escalation may lead back to where it came from; such an edge is named in its row and not drawn as a line. */
function withoutCycles(ids: readonly string[], edges: readonly GraphEdge[]): { readonly forward: readonly GraphEdge[]; readonly loose: readonly GraphEdge[] } {
  const out = Map.groupBy(edges, (edge) => edge.from);
  const state = new Map<string, "open" | "done">();
  const back = new Set<GraphEdge>();
  const visit = (id: string): void => {
    state.set(id, "open");
    for (const edge of out.get(id) ?? []) {
      if (state.get(edge.to) === "open") back.add(edge);
      else if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(id, "done");
  };
  for (const id of ids) if (!state.has(id)) visit(id);
  return { forward: edges.filter((edge) => !back.has(edge)), loose: [...back] };
}

/** As far right as the longest way there; targets together in the last column, refusals beside what refuses. */
function columnsOf(cards: readonly Card[], edges: readonly GraphEdge[]): ReadonlyMap<string, number> {
  const into = Map.groupBy(edges, (edge) => edge.to);
  const columns = new Map<string, number>();
  const column = (id: string): number => {
    const known = columns.get(id);
    if (known !== undefined) return known;
    const found = Math.max(-1, ...(into.get(id) ?? []).map((edge) => column(edge.from))) + 1;
    columns.set(id, found);
    return found;
  };
  for (const card of cards) column(card.node.id);
  const last = Math.max(1, ...cards.map((card) => columns.get(card.node.id)! + (card.node.kind === "target" || card.node.kind === "refusal" ? 0 : 1)));
  for (const card of cards) if (card.node.kind === "target") columns.set(card.node.id, last);
  return columns;
}

// ── the order in each column ─────────────────────────────────────────────────────────────────────────────────

const SWEEPS = 12;
const GAP = 20;

/** The best of several sweeps, by how many lines cross; every tie keeps the order before, so the answer is one and the same. */
function ordered(columns: readonly (readonly Unit[])[]): readonly (readonly Unit[])[] {
  let current = columns.map((units) => grouped(units));
  let best = current;
  let fewest = crossings(current);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const rightward = sweep % 2 === 0;
    const order = current.map((_, at) => (rightward ? at : current.length - 1 - at));
    const next = [...current];
    for (const at of order) next[at] = sorted(next[at]!, next, rightward ? "left" : "right");
    current = next;
    const found = crossings(current);
    if (found < fewest) [best, fewest] = [current, found];
  }
  return best;
}

function sorted(units: readonly Unit[], columns: readonly (readonly Unit[])[], side: "left" | "right"): readonly Unit[] {
  const top = tops(columns);
  const wish = new Map(units.map((unit, at) => {
    const ends = unit[side].map((joint) => (side === "left" ? top.get(joint.from)! + joint.leaves : top.get(joint.to)! + joint.arrives));
    return [unit, ends.length === 0 ? (top.get(unit) ?? at) : ends.reduce((sum, one) => sum + one, 0) / ends.length] as const;
  }));
  return grouped(units.toSorted((a, b) => wish.get(a)! - wish.get(b)!));
}

/** Units of one group together, where the first of the group is; the rest keep their order. */
function grouped(units: readonly Unit[]): readonly Unit[] {
  const groups = new Map<string, Unit[]>();
  for (const unit of units) {
    const key = unit.group === null ? `unit ${unit.id}` : `group ${unit.group}`;
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return [...groups.values()].flat();
}

function tops(columns: readonly (readonly Unit[])[]): ReadonlyMap<Unit, number> {
  const top = new Map<Unit, number>();
  for (const units of columns) {
    let y = 0;
    for (const unit of units) {
      top.set(unit, y);
      y += unit.height + GAP;
    }
  }
  return top;
}

/** Pairs of lines between two columns that must cross. */
function crossings(columns: readonly (readonly Unit[])[]): number {
  const top = tops(columns);
  let count = 0;
  for (const units of columns) {
    const lines = units.flatMap((unit) => unit.right).map((joint) => ({ from: top.get(joint.from)! + joint.leaves, to: top.get(joint.to)! + joint.arrives })).sort((a, b) => a.from - b.from || a.to - b.to);
    for (let i = 0; i < lines.length; i++) for (let j = i + 1; j < lines.length; j++) if (lines[i]!.from < lines[j]!.from && lines[i]!.to > lines[j]!.to) count++;
  }
  return count;
}
