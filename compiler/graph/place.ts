// In: columns in their order. Out: where everything stands, in pixels. In each column units keep their order and a distance, and
// within that stand as near as can be to what they are joined with: least squares, solved exactly by pooling neighbours that would collide.
import type { Columns, Joint, Route, Unit } from "./columns.ts";
import { NO_ZONE } from "./columns.ts";
import type { Card } from "./card.ts";

export type Placed = { readonly card: Card; readonly x: number; readonly y: number };
export type ZoneBox = { readonly name: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number };
/** The points a line goes through: it bends between columns only and runs level inside them. */
export type Line = { readonly route: Route; readonly points: readonly { readonly x: number; readonly y: number }[] };
export type Layout = { readonly cards: readonly Placed[]; readonly zones: readonly ZoneBox[]; readonly lines: readonly Line[]; readonly width: number; readonly height: number };

const CARD_GAP = 22;
const LANE_GAP = 8;
const ZONE = { side: 14, top: 32, bottom: 14, gap: 22 } as const;
const ROUNDS = 24;

export function place({ columns, routes }: Columns): Layout {
  const y = heights(columns);
  const { x, width: columnWidth } = across(columns);

  const cards: Placed[] = [];
  const zones: ZoneBox[] = [];
  for (const [at, units] of columns.entries()) {
    for (const unit of units) if (unit.card !== null) cards.push({ card: { ...unit.card, width: widthIn(unit, columnWidth[at]!) }, x: x[at]!, y: y.get(unit)! });
    for (const [name, members] of Map.groupBy(units.filter((unit) => unit.group !== null), (unit) => unit.group!)) {
      const top = y.get(members[0]!)! - ZONE.top;
      const bottom = y.get(members.at(-1)!)! + members.at(-1)!.height + ZONE.bottom;
      zones.push({ name, x: x[at]! - ZONE.side, y: top, width: columnWidth[at]! + 2 * ZONE.side, height: bottom - top });
    }
  }
  const lines = routes.map((route): Line => ({ route, points: route.joints.flatMap((joint) => ends(joint)) }));

  function ends({ from, leaves, to, arrives }: Joint): Line["points"] {
    const start = x[from.column]! + columnWidth[from.column]!;
    const left = { x: start, y: y.get(from)! + leaves };
    const right = { x: x[to.column]!, y: y.get(to)! + arrives };
    return [...(from.card === null ? [{ x: x[from.column]!, y: left.y }] : []), left, right];
  }

  const right = Math.max(...cards.map((one) => one.x + one.card.width), ...zones.map((one) => one.x + one.width));
  const bottom = Math.max(...cards.map((one) => one.y + one.card.height), ...zones.map((one) => one.y + one.height));
  return { cards, zones, lines, width: right, height: bottom };
}

/** Cards of a column are equally wide; a refusal is as small as it can be, and no line leaves it. */
function widthIn({ card }: Unit, column: number): number {
  return card!.node.kind === "refusal" ? card!.width : column;
}

/** The more lines bend between two columns, the more room they get. */
function across(columns: Columns["columns"]): { readonly x: readonly number[]; readonly width: readonly number[] } {
  const width = columns.map((units) => Math.max(0, ...units.map((unit) => unit.card?.width ?? 0)));
  const x: number[] = [];
  let left = 0;
  for (const [at, units] of columns.entries()) {
    const hasZones = units.some((unit) => unit.group !== null);
    x.push(left + (hasZones && at > 0 ? ZONE.side : 0));
    const lines = units.reduce((sum, unit) => sum + unit.right.length, 0);
    left = x[at]! + width[at]! + (hasZones ? ZONE.side : 0) + Math.min(72 + 5 * lines, 170);
  }
  return { x, width };
}

function heights(columns: Columns["columns"]): Map<Unit, number> {
  const y = new Map<Unit, number>();
  const gaps = columns.map((units) => units.map((unit, at) => (at === 0 ? 0 : gapBetween(units[at - 1]!, unit))));
  for (const [at, units] of columns.entries()) settle(units, gaps[at]!, () => 0, y);
  for (let round = 0; round < ROUNDS; round++) {
    const order = columns.map((_, at) => (round % 2 === 0 ? at : columns.length - 1 - at));
    for (const at of order) settle(columns[at]!, gaps[at]!, (unit) => wish(unit, y), y);
  }
  const top = Math.min(...[...y].map(([unit, at]) => at - (unit.group === null ? 0 : ZONE.top)));
  for (const [unit, at] of y) y.set(unit, Math.round(at - top));
  return y;
}

/** Where all its lines would be level. */
function wish(unit: Unit, y: ReadonlyMap<Unit, number>): number {
  const wishes = [
    ...unit.left.map((joint) => y.get(joint.from)! + joint.leaves - joint.arrives),
    ...unit.right.map((joint) => y.get(joint.to)! + joint.arrives - joint.leaves),
  ];
  return wishes.length === 0 ? (y.get(unit) ?? 0) : wishes.reduce((sum, one) => sum + one, 0) / wishes.length;
}

/** The places nearest to the wishes that keep order and distance (isotonic regression; lanes weigh more, so that they run straight). */
function settle(units: readonly Unit[], gaps: readonly number[], wishOf: (unit: Unit) => number, y: Map<Unit, number>): void {
  const offsets: number[] = [];
  let offset = 0;
  for (const [at, unit] of units.entries()) {
    offset += gaps[at]! + (at === 0 ? 0 : units[at - 1]!.height);
    offsets.push(offset);
    void unit;
  }
  const pools: { sum: number; weight: number; count: number }[] = [];
  for (const [at, unit] of units.entries()) {
    const weight = unit.card === null ? 4 : 1;
    pools.push({ sum: weight * (wishOf(unit) - offsets[at]!), weight, count: 1 });
    for (let last = pools.at(-1)!, before = pools.at(-2); before !== undefined && before.sum / before.weight > last.sum / last.weight; before = pools.at(-2)) {
      pools.pop();
      before.sum += last.sum;
      before.weight += last.weight;
      before.count += last.count;
      last = before;
    }
  }
  let at = 0;
  for (const { sum, weight, count } of pools) for (let one = 0; one < count; one++, at++) y.set(units[at]!, sum / weight + offsets[at]!);
}

function gapBetween(above: Unit, below: Unit): number {
  if (above.group !== null && above.group === below.group) return CARD_GAP - 8;
  const lanes = above.card === null || below.card === null;
  return (lanes ? LANE_GAP : CARD_GAP) + (above.group === null ? 0 : ZONE.bottom) + (below.group === null ? 0 : ZONE.top);
}

/** How a zone is titled. */
export function zoneTitle(name: string): string {
  return name === NO_ZONE ? "no zone declared" : `zone ${name}`;
}
