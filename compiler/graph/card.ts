// A node as a card: its lines with their places inside it, its size, and where edges leave each row.
//
//   ┌──────────────────────────┐
//   │ coder          dispatcher │  title, about
//   ├──────────────────────────┤
//   │ when request.tags has pii ●─  rows; a port where an edge leaves
//   └──────────────────────────┘
import type { Change, GraphNode, GraphRow } from "#contracts";
import { widthOf, wrap, type Font } from "./measure.ts";

export type Role = "title" | "about" | "text" | "code" | "muted" | "tag" | "was";
export type Line = { readonly x: number; readonly y: number; readonly text: string; readonly role: Role };
export type RowBox = { readonly id: string; readonly kind: GraphRow["kind"]; readonly y: number; readonly height: number; readonly lines: readonly Line[]; readonly change: Change; readonly title: string; readonly tagWidth: number };
export type Card = {
  readonly node: GraphNode;
  readonly width: number;
  readonly height: number;
  readonly head: readonly Line[];
  /** Where the head ends and rows begin; the height where there are none. */
  readonly headHeight: number;
  readonly rows: readonly RowBox[];
  /** Where edges arrive. */
  readonly inlet: number;
  /** Where the edge of a row leaves; of null, the node's own. */
  outlet(row: string | null): number;
};

export const FONTS: { readonly [role in Role]: Font } = {
  title: { size: 14, kind: "bold" },
  about: { size: 11, kind: "text" },
  text: { size: 12, kind: "text" },
  code: { size: 11.5, kind: "code" },
  muted: { size: 11, kind: "text" },
  tag: { size: 10, kind: "bold" },
  was: { size: 11, kind: "text" },
};

const PADDING = 12;
const LINE = 16;
/** The widest text of a card; longer ones are wrapped. */
const TEXT_WIDTH = { model: 330, dispatcher: 300, smallest: 240, cascade: 260, alloy: 240, target: 190, refusal: 170 } as const;
const MOST_LINES = 3;

export function cardOf(node: GraphNode): Card {
  if (node.kind === "refusal") return refusalCard(node);
  const width = TEXT_WIDTH[node.kind];
  const head: Line[] = [];
  let y = 22;
  for (const text of wrap(node.name, FONTS.title, { width, most: 2 })) {
    head.push({ x: PADDING, y, text, role: "title" });
    y += 17;
  }
  for (const text of wrap(node.about, FONTS.about, { width, most: 2 })) {
    head.push({ x: PADDING, y, text, role: "about" });
    y += 14;
  }
  const headHeight = y - 5;

  const rows: RowBox[] = [];
  let top = headHeight + (node.rows.length === 0 ? 0 : 4);
  const tagWidth = Math.max(0, ...node.rows.map((row) => (row.tag === null ? 0 : widthOf(row.tag, FONTS.tag) + 12)));
  for (const [at, row] of node.rows.entries()) {
    if (at > 0 && node.rows[at - 1]!.kind !== row.kind) top += 7;
    const box = rowBox(row, { top, width, tagWidth });
    rows.push(box);
    top += box.height;
  }
  const height = rows.length === 0 ? headHeight + 4 : top + 6;
  const widest = Math.max(...[...head, ...rows.flatMap((row) => row.lines)].map((line) => line.x + widthOf(line.text, FONTS[line.role])));
  const outlets = new Map(rows.map((row) => [row.id, row.y + row.height / 2]));
  return {
    node, width: Math.ceil(Math.max(widest + PADDING, 120)), height, head, headHeight, rows,
    inlet: Math.min(headHeight, height) / 2,
    outlet: (row) => (row === null ? undefined : outlets.get(row)) ?? headHeight / 2,
  };
}

function rowBox(row: GraphRow, { top, width, tagWidth }: { readonly top: number; readonly width: number; readonly tagWidth: number }): RowBox {
  const indent = row.kind === "fact" ? 0 : tagWidth;
  const x = PADDING + (indent === 0 ? 0 : indent + 8);
  const role = row.kind === "arm" && row.text !== "otherwise" ? "code" : row.kind === "fact" && row.id !== "worst" ? "muted" : "text";
  const lines: Line[] = [];
  let y = top + 13;
  const add = (text: string, as: Role): void => {
    for (const line of wrap(text, FONTS[as], { width: width - (x - PADDING), most: MOST_LINES })) {
      lines.push({ x, y, text: line, role: as });
      y += LINE;
    }
  };
  if (row.tag !== null) lines.push({ x: PADDING + 6, y: y - 0.5, text: row.tag, role: "tag" });
  const short = row.note !== null && widthOf(`${row.text}  ${row.note}`, FONTS.text) <= width - (x - PADDING) - 6;
  if (row.was !== null) add(row.was, "was");
  add(row.text, role);
  if (short) lines.push({ x: x + widthOf(row.text, FONTS[role]) + 8, y: y - LINE, text: row.note!, role: "muted" });
  else if (row.note !== null) add(row.note, "muted");
  const title = [row.tag, row.text, row.note, row.was === null ? null : `(was: ${row.was})`].filter((one) => one !== null).join(" ");
  return { id: row.id, kind: row.kind, y: top, height: y - top - 13 + 4, lines, change: row.change, title, tagWidth: row.tag === null ? 0 : widthOf(row.tag, FONTS.tag) + 12 };
}

/** A small one: a cross and the message. */
function refusalCard(node: GraphNode): Card {
  const lines = wrap(node.name, FONTS.muted, { width: TEXT_WIDTH.refusal, most: 3 }).map((text, at): Line => ({ x: 28, y: 18 + at * 14, text, role: "muted" }));
  const width = Math.ceil(Math.max(...lines.map((line) => line.x + widthOf(line.text, FONTS.muted))) + PADDING);
  const height = 14 + lines.length * 14;
  return { node, width, height, head: lines, headHeight: height, rows: [], inlet: height / 2, outlet: () => height / 2 };
}
