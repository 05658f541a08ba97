// A graph in the DOT language. Every id and label is quoted; a label's rows are lines that stand left.
import type { Change, GraphNode, GraphRow, PolicyGraph } from "#contracts";
import { rowLabel } from "./mermaid.ts";
import { zoneTitle } from "./place.ts";

export function dotOf(graph: PolicyGraph): string {
  const targets = Map.groupBy(graph.nodes.filter((node) => node.kind === "target"), (node) => node.zone ?? "");
  const zones = [...targets].sort(([a], [b]) => (a < b ? -1 : 1));
  const rules = graph.nodes.flatMap((node) => node.rows.filter((row) => row.kind === "rule" || row.kind === "guard").map((row) => ({ node, row, id: `${node.id} ${row.id}` })));
  const ruleIds = new Set(rules.map(({ id }) => id));
  return [
    "digraph policy {",
    `  graph [rankdir=LR, label=${quoted(graph.entry)}, labelloc=t, fontname="Helvetica", bgcolor="#fcfcfd", nodesep=0.3, ranksep=0.8];`,
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#b6bfd0", fontname="Helvetica", fontsize=11];',
    '  edge [color="#8a94a8", fontname="Helvetica", fontsize=9];',
    ...graph.nodes.filter((node) => node.kind !== "target").map((node) => `  ${nodeLine(node)}`),
    ...rules.map(({ row, id }) => `  ${quoted(id)} ${attributes({ label: ruleLabel(row), shape: "note", style: "filled", fillcolor: quoted(row.kind === "guard" ? "#fdf0d8" : "#f0e9fa"), ...paint(row.change, "node") })};`),
    ...zones.flatMap(([zone, members], at) => [
      `  subgraph ${quoted(`cluster_${at}`)} {`,
      `    label=${quoted(zoneTitle(zone))}; style="rounded,filled"; color="#c7d6ee"; fillcolor="#eef3fb";`,
      ...members.map((node) => `    ${nodeLine(node)}`),
      "  }",
    ]),
    ...rules.map(({ node, row, id }) => `  ${quoted(node.id)} -> ${quoted(id)} ${attributes({ style: "dotted", arrowhead: "none", ...paint(row.change, "edge") })};`),
    ...graph.edges.map((edge) => {
      const by = `${edge.from} ${edge.row}`;
      const row = graph.nodes.find((node) => node.id === edge.from)!.rows.find((one) => one.id === edge.row);
      const said = edge.kind === "escalation" ? "escalate" : row === undefined ? null : rowLabel(row);
      const dashed = edge.kind === "escalation" || edge.change === "removed";
      const look = { ...(said === null || said === "" ? {} : { label: quoted(said) }), ...(dashed ? { style: "dashed" } : {}), ...paint(edge.change, "edge") };
      return `  ${quoted(ruleIds.has(by) ? by : edge.from)} -> ${quoted(edge.to)} ${attributes(look)};`;
    }),
    "}",
    "",
  ].join("\n");
}

const COLORS = { added: ["#2c8a4b", "#e5f6ea"], removed: ["#c8402f", "#fdeae7"], changed: ["#b97a08", "#fff3d9"] } as const;

const LOOKS: { readonly [kind in GraphNode["kind"]]: Attributes } = {
  model: { fillcolor: '"#eaeefc"', color: '"#4f6bd8"' },
  dispatcher: { fillcolor: '"#f1f3f8"' },
  smallest: { fillcolor: '"#f1f3f8"' },
  cascade: { fillcolor: '"#e7f4f4"' },
  alloy: { fillcolor: '"#f4eefb"' },
  target: {},
  refusal: { fillcolor: '"#fff4f2"', color: '"#e3a79d"' },
};

function nodeLine(node: GraphNode): string {
  const rows = node.rows.filter((row) => row.kind === "fact").map((row) => (row.was === null ? row.text : `${row.text} (was ${row.was})`));
  const lines = node.kind === "refusal" ? [`refuse: ${node.name}`] : [node.name, ...(node.kind === "model" ? [] : [node.about]), ...rows];
  return `${quoted(node.id)} ${attributes({ label: lineLabel(lines), ...LOOKS[node.kind], ...paint(node.change, "node") })};`;
}

function ruleLabel(row: GraphRow): string {
  return lineLabel([[row.tag, row.text].filter((one) => one !== null).join(" "), ...(row.note === null ? [] : [row.note]), ...(row.was === null ? [] : [`was ${row.was}`])]);
}

/** Values as they are written: an id, or a quoted text. */
type Attributes = { readonly [name: string]: string };

function paint(change: Change, what: "node" | "edge"): Attributes {
  if (change === null) return {};
  const [line, fill] = COLORS[change];
  const inside = what === "edge" ? {} : { fillcolor: quoted(fill), ...(change === "removed" ? { style: '"rounded,filled,dashed"' } : {}) };
  return { color: quoted(line), penwidth: "2", ...inside };
}

function attributes(of: Attributes): string {
  return `[${Object.entries(of).map(([name, value]) => `${name}=${value}`).join(", ")}]`;
}

function lineLabel(lines: readonly string[]): string {
  return `"${lines.map(inner).join("\\l")}\\l"`;
}

function quoted(text: string): string {
  return `"${inner(text)}"`;
}

function inner(text: string): string {
  return text.toWellFormed().replaceAll(/\p{Cc}/gu, " ").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
