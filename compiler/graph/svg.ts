// A graph as one SVG file that needs no browser, no script and no font of its own: a light sheet with round corners, so that
// it stands on a dark page too. The same graph gives the same bytes on every machine.
import type { Change, GraphEdge, PolicyGraph } from "#contracts";
import { cardOf, FONTS, type Card, type Line as TextLine, type RowBox } from "./card.ts";
import { arrange, NO_ZONE } from "./columns.ts";
import { widthOf } from "./measure.ts";
import { place, zoneTitle, type Line, type Placed, type ZoneBox } from "./place.ts";

export function svgOf(graph: PolicyGraph): string {
  const layout = place(arrange(graph.nodes.map(cardOf), graph.edges));
  const lines = layout.lines.toSorted((a, b) => RANK[a.route.edge.change ?? "none"] - RANK[b.route.edge.change ?? "none"]);
  const compared = graph.against !== null;
  const heading = headingOf(graph);
  const headWidth = Math.max(widthOf(graph.entry, FONTS.title) + 16 + widthOf(heading, FONTS.muted), compared ? 330 : 0);
  const width = Math.ceil(Math.max(layout.width, headWidth) + 2 * MARGIN);
  const height = Math.ceil(layout.height + MARGIN + TOP + (compared ? 40 : 0));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="ward-title ward-desc" font-family="${SANS}">`,
    `<title id="ward-title">${escape(`Policy ${graph.entry}`)}</title>`,
    `<desc id="ward-desc">${escape(describe(graph))}</desc>`,
    markers(),
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="12" fill="${SHEET.fill}" stroke="${SHEET.line}"/>`,
    `<text x="${MARGIN}" y="34" font-size="${FONTS.title.size}" font-weight="600" fill="${INK.strong}">${escape(graph.entry)}<tspan dx="14" font-size="11" font-weight="400" fill="${INK.muted}">${escape(heading)}</tspan></text>`,
    `<g transform="translate(${MARGIN} ${TOP})">`,
    ...layout.zones.map((box) => zone(box, graph.zones.indexOf(box.name))),
    ...lines.map(edgePath),
    ...layout.cards.map(card),
    ...ports(lines),
    "</g>",
    ...(compared ? [legend(height)] : []),
    "</svg>",
    "",
  ].join("\n");
}

const MARGIN = 28;
const TOP = 58;
const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const SHEET = { fill: "#fcfcfd", line: "#d9dde5" };
const INK = { strong: "#161b26", text: "#2b3345", muted: "#5b6478", line: "#8a94a8", faint: "#e6e9f0" };
/** An edge that changed lies over those that did not. */
const RANK = { none: 0, changed: 1, removed: 1, added: 2 } as const;

type Paint = { readonly fill: string; readonly line: string; readonly head: string; readonly ink: string };
const KINDS: { readonly [kind in Card["node"]["kind"]]: Paint } = {
  model: { fill: "#ffffff", line: "#4f6bd8", head: "#eaeefc", ink: "#31479f" },
  dispatcher: { fill: "#ffffff", line: "#b6bfd0", head: "#f1f3f8", ink: "#4a5468" },
  smallest: { fill: "#ffffff", line: "#b6bfd0", head: "#f1f3f8", ink: "#4a5468" },
  cascade: { fill: "#ffffff", line: "#7fb0b5", head: "#e7f4f4", ink: "#1f6469" },
  alloy: { fill: "#ffffff", line: "#b59ad6", head: "#f4eefb", ink: "#65419b" },
  target: { fill: "#ffffff", line: "#a9b2c3", head: "#ffffff", ink: "#4a5468" },
  refusal: { fill: "#fff4f2", line: "#e3a79d", head: "#fff4f2", ink: "#a03421" },
};
const CHANGES: { readonly [change in Exclude<Change, null>]: { readonly line: string; readonly fill: string; readonly ink: string; readonly word: string } } = {
  added: { line: "#2c8a4b", fill: "#e5f6ea", ink: "#1d6d38", word: "added" },
  removed: { line: "#c8402f", fill: "#fdeae7", ink: "#a52e1f", word: "removed" },
  changed: { line: "#b97a08", fill: "#fff3d9", ink: "#8a5a00", word: "changed" },
};
/** Soft, one after the other in the order of the zones' names; a colour says nothing by itself. */
const ZONES = [
  { fill: "#eef6f1", line: "#c4dfcf", ink: "#2f6a4c" },
  { fill: "#eef3fb", line: "#c7d6ee", ink: "#35588f" },
  { fill: "#fbf5ea", line: "#ead9b8", ink: "#7d5c1c" },
  { fill: "#f7eff8", line: "#e0cbe4", ink: "#74427e" },
  { fill: "#eef7f8", line: "#c3dfe3", ink: "#2b666f" },
];

function zone(box: ZoneBox, at: number): string {
  const none = box.name === NO_ZONE;
  const paint = none ? { fill: "#f6f6f8", line: "#c9cdd6", ink: INK.muted } : ZONES[at % ZONES.length]!;
  return [
    `<g><rect x="${r(box.x)}" y="${r(box.y)}" width="${r(box.width)}" height="${r(box.height)}" rx="14" fill="${paint.fill}" stroke="${paint.line}"${none ? ' stroke-dasharray="4 4"' : ""}/>`,
    `<text x="${r(box.x + 14)}" y="${r(box.y + 21)}" font-size="11" font-weight="600" letter-spacing="0.3" fill="${paint.ink}">${escape(zoneTitle(box.name))}</text></g>`,
  ].join("");
}

// ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────

function card({ card: of, x, y }: Placed): string {
  const { node, width, height, headHeight } = of;
  const change = node.change === null ? null : CHANGES[node.change];
  const paint = KINDS[node.kind];
  const line = change?.line ?? paint.line;
  const round = node.kind === "refusal" ? Math.min(14, height / 2) : 9;
  const gone = node.change === "removed";
  const clip = `${node.kind === "refusal" ? "" : headPath(width, headHeight, round, of.rows.length > 0)}`;
  return [
    `<g transform="translate(${r(x)} ${r(y)})"><title>${escape([`${node.about}: ${node.name}`, node.doc].filter((one) => one !== null).join("\n"))}</title>`,
    `<rect width="${width}" height="${r(height)}" rx="${round}" fill="${change !== null && (node.kind === "refusal" || node.change !== "changed") ? change.fill : paint.fill}" stroke="${line}" stroke-width="${change === null ? 1 : 1.6}"${gone ? ' stroke-dasharray="5 3"' : ""}/>`,
    clip === "" || of.rows.length === 0 ? "" : `<path d="${clip}" fill="${change?.fill ?? paint.head}"/><path d="M0.5 ${r(headHeight)}H${width - 0.5}" stroke="${line}" stroke-opacity="0.45"/>`,
    node.kind === "refusal" ? cross(height, change?.ink ?? paint.ink) : "",
    ...of.head.map((one) => text(one, one.role === "title" ? INK.strong : (change?.ink ?? paint.ink))),
    ...of.rows.map((one, at) => row(one, { at, of, gone })),
    "</g>",
  ].join("");
}

/** The head's ground: round above, straight below. */
function headPath(width: number, height: number, round: number, below: boolean): string {
  const right = width - 0.5;
  const corner = round - 0.5;
  return below ? `M0.5 ${r(height)}V${corner + 0.5}a${corner} ${corner} 0 0 1 ${corner}-${corner}H${right - corner}a${corner} ${corner} 0 0 1 ${corner} ${corner}V${r(height)}Z` : "";
}

function cross(height: number, ink: string): string {
  const y = r(height / 2);
  return `<g stroke="${ink}" fill="none" stroke-width="1.4"><circle cx="15" cy="${y}" r="5.5"/><path d="M12.8 ${r(height / 2 - 2.2)}l4.4 4.4m0-4.4l-4.4 4.4"/></g>`;
}

function row(box: RowBox, { at, of, gone }: { readonly at: number; readonly of: Card; readonly gone: boolean }): string {
  const change = box.change === null ? null : CHANGES[box.change];
  const marked = change !== null && of.node.change === "changed";
  const before = of.rows[at - 1];
  const rule = before !== undefined && before.kind !== box.kind && box.kind !== "fact" ? `<path d="M10 ${r(box.y - 3)}H${of.width - 10}" stroke="${INK.faint}"/>` : "";
  const tag = box.lines.find((line) => line.role === "tag");
  return [
    `<g><title>${escape(box.title)}</title>`,
    marked ? `<rect x="3" y="${r(box.y + 1)}" width="${of.width - 6}" height="${r(box.height - 2)}" rx="4" fill="${change.fill}"/>` : "",
    rule,
    tag === undefined ? "" : `<rect x="${r(tag.x - 6)}" y="${r(tag.y - 10.5)}" width="${r(box.tagWidth)}" height="15" rx="7.5" fill="${TAGS[box.kind].fill}"/>`,
    ...box.lines.map((line) => text(line, line.role === "tag" ? TAGS[box.kind].ink : marked && line.role !== "was" ? change.ink : line.role === "muted" || line.role === "was" ? INK.muted : INK.text, { struck: line.role === "was" || (box.change === "removed" && line.role !== "tag") || (gone && line.role !== "tag") })),
    "</g>",
  ].join("");
}

const TAGS: { readonly [kind in RowBox["kind"]]: { readonly fill: string; readonly ink: string } } = {
  fact: { fill: "#f1f3f8", ink: INK.muted },
  guard: { fill: "#fdf0d8", ink: "#80560a" },
  rule: { fill: "#f0e9fa", ink: "#65419b" },
  arm: { fill: "#f1f3f8", ink: "#4a5468" },
  step: { fill: "#e7f4f4", ink: "#1f6469" },
  part: { fill: "#f4eefb", ink: "#65419b" },
};

function text({ x, y, text: of, role }: TextLine, ink: string, { struck = false }: { readonly struck?: boolean } = {}): string {
  const { size, kind } = FONTS[role];
  const family = kind === "code" ? ` font-family="${MONO}"` : "";
  return `<text x="${r(x)}" y="${r(y)}" font-size="${size}"${kind === "bold" ? ' font-weight="600"' : ""}${family} fill="${ink}"${struck ? ' text-decoration="line-through"' : ""}${of.includes("  ") ? ' xml:space="preserve"' : ""}>${escape(of)}</text>`;
}

// ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────

type Stroke = "plain" | "escalation" | Exclude<Change, null>;

function strokeOf({ change, kind }: GraphEdge): Stroke {
  return change ?? (kind === "escalation" ? "escalation" : "plain");
}

const STROKES: { readonly [stroke in Stroke]: string } = { plain: INK.line, escalation: "#8a63c4", added: CHANGES.added.line, removed: CHANGES.removed.line, changed: CHANGES.changed.line };

function edgePath({ route: { edge }, points }: Line): string {
  const stroke = strokeOf(edge);
  const [start, ...rest] = points;
  let at = start!;
  let path = `M${r(at.x)} ${r(at.y)}`;
  for (const [index, to] of rest.entries()) {
    const end = index === rest.length - 1 ? { x: to.x - ARROW, y: to.y } : to;
    if (at.y === end.y) path += `H${r(end.x)}`;
    else {
      const bend = (end.x - at.x) / 2;
      path += `C${r(at.x + bend)} ${r(at.y)} ${r(end.x - bend)} ${r(end.y)} ${r(end.x)} ${r(end.y)}`;
    }
    at = end;
  }
  const dashes = edge.change === "removed" ? ' stroke-dasharray="5 4"' : edge.kind === "escalation" ? ' stroke-dasharray="6 4"' : "";
  return `<path d="${path}" fill="none" stroke="${STROKES[stroke]}" stroke-width="${edge.change === null ? 1.3 : 1.9}"${dashes} marker-end="url(#ward-${stroke})"/>`;
}

const ARROW = 6;

function markers(): string {
  const shapes = Object.entries(STROKES).map(([name, color]) => `<marker id="ward-${name}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0.5 0.8L7.5 4L0.5 7.2Z" fill="${color}"/></marker>`);
  return `<defs>${shapes.join("")}</defs>`;
}

/** A dot where an edge leaves, in the colour of the one drawn last. */
function ports(lines: readonly Line[]): readonly string[] {
  const dots = new Map(lines.map(({ route: { edge }, points: [start] }) => [`${r(start!.x)} ${r(start!.y)}`, STROKES[strokeOf(edge)]] as const));
  return [...dots].map(([place_, color]) => {
    const [x, y] = place_.split(" ");
    return `<circle cx="${x}" cy="${y}" r="3" fill="#ffffff" stroke="${color}" stroke-width="1.4"/>`;
  });
}

// ── around it ────────────────────────────────────────────────────────────────────────────────────────────────

function legend(height: number): string {
  let x = MARGIN;
  const parts = (["added", "removed", "changed"] as const).map((name) => {
    const paint = CHANGES[name];
    const part = `<rect x="${r(x)}" y="${height - 33}" width="22" height="13" rx="4" fill="${paint.fill}" stroke="${paint.line}" stroke-width="1.4"${name === "removed" ? ' stroke-dasharray="4 2.5"' : ""}/><text x="${r(x + 29)}" y="${height - 22.5}" font-size="11" fill="${INK.muted}">${paint.word}</text>`;
    x += 29 + widthOf(paint.word, FONTS.muted) + 22;
    return part;
  });
  return `<g>${parts.join("")}</g>`;
}

function headingOf({ digest, against }: PolicyGraph): string {
  return against === null ? short(digest) : `${short(against)} → ${short(digest)}`;
}

function short(digest: string): string {
  return digest.slice(0, 19);
}

/** What the picture shows, for someone who does not see it. */
function describe({ nodes, edges, zones, against }: PolicyGraph): string {
  const count = (kinds: readonly Card["node"]["kind"][]): number => nodes.filter((node) => kinds.includes(node.kind)).length;
  const names = nodes.filter((node) => node.kind === "model").map((node) => node.name);
  const changed = [...nodes, ...nodes.flatMap((node) => node.rows), ...edges].filter((one) => one.change !== null).length;
  return [
    `Models ${names.join(", ")}; ${count(["dispatcher", "smallest", "cascade", "alloy"])} selectors, ${count(["target"])} targets`,
    zones.length === 0 ? "no zones" : `zones ${zones.join(", ")}`,
    ...(against === null ? [] : [changed === 0 ? "nothing changed" : `${changed} changes against ${short(against)}`]),
  ].join("; ");
}

function r(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  // XML has no form for most control characters, not even an escaped one.
  return text.toWellFormed().replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, "\ufffd").replaceAll(/[&<>"]/g, (one) => ENTITIES[one]!);
}

const ENTITIES: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
