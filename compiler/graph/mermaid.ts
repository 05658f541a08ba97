// A graph as a Mermaid flowchart, for places that render it themselves. Node names are numbers, so that no id or keyword of
// ours meets the syntax; every label is quoted, and what means something inside quotes is written as an entity.
import type { Change, GraphEdge, GraphNode, GraphRow, PolicyGraph } from "#contracts";
import { zoneTitle } from "./place.ts";

export function mermaidOf(graph: PolicyGraph): string {
  const names = new Map(graph.nodes.map((node, at) => [node.id, `n${at}`]));
  const zones = [...Map.groupBy(graph.nodes.filter((node) => node.kind === "target"), (node) => node.zone ?? "")].sort(([a], [b]) => (a < b ? -1 : 1));
  const rules = graph.nodes.flatMap((node) => node.rows.filter((row) => row.kind === "rule" || row.kind === "guard").map((row) => ({ node, row })));
  const ruleNames = new Map(rules.map(({ node, row }, at) => [`${node.id} ${row.id}`, `r${at}`]));
  const edges = [
    ...rules.map(({ node, row }) => ({ from: names.get(node.id)!, to: ruleNames.get(`${node.id} ${row.id}`)!, arrow: "-.-", label: null, change: row.change })),
    ...graph.edges.map((edge) => {
      const from = edge.row === null ? undefined : ruleNames.get(`${edge.from} ${edge.row}`);
      return { from: from ?? names.get(edge.from)!, to: names.get(edge.to)!, arrow: edge.kind === "escalation" || edge.change === "removed" ? "-.->" : "-->", label: edgeLabel(graph, edge), change: edge.change };
    }),
  ];
  const styled = edges.flatMap(({ change }, at) => (change === null ? [] : [[at, change] as const]));
  return [
    "flowchart LR",
    ...graph.nodes.filter((node) => node.kind !== "target").map((node) => `  ${shape(node, names.get(node.id)!)}`),
    ...rules.map(({ node, row }) => `  ${ruleNames.get(`${node.id} ${row.id}`)!}(${label([`${row.tag ?? ""} ${row.text}`, row.note])})${classOf(row.kind === "guard" ? "guard" : "rule", row.change)}`),
    ...zones.flatMap(([zone, targets], at) => [
      `  subgraph z${at}[${label([zoneTitle(zone)])}]`,
      ...targets.map((node) => `    ${shape(node, names.get(node.id)!)}`),
      "  end",
    ]),
    ...edges.map(({ from, to, arrow, label: said }) => `  ${from} ${arrow}${said === null ? "" : `|${label([said])}|`} ${to}`),
    ...Object.entries(CLASSES).map(([name, style]) => `  classDef ${name} ${style}`),
    ...styled.map(([at, change]) => `  linkStyle ${at} ${LINKS[change]}`),
    "",
  ].join("\n");
}

const CLASSES = {
  model: "fill:#eaeefc,stroke:#4f6bd8,color:#161b26",
  selector: "fill:#f1f3f8,stroke:#b6bfd0,color:#161b26",
  target: "fill:#ffffff,stroke:#a9b2c3,color:#161b26",
  refusal: "fill:#fff4f2,stroke:#e3a79d,color:#a03421",
  rule: "fill:#f0e9fa,stroke:#b59ad6,color:#161b26",
  guard: "fill:#fdf0d8,stroke:#d9b56b,color:#161b26",
  added: "fill:#e5f6ea,stroke:#2c8a4b,stroke-width:2px,color:#161b26",
  removed: "fill:#fdeae7,stroke:#c8402f,stroke-width:2px,stroke-dasharray:5 3,color:#161b26",
  changed: "fill:#fff3d9,stroke:#b97a08,stroke-width:2px,color:#161b26",
} as const;
const LINKS = { added: "stroke:#2c8a4b,stroke-width:2px", removed: "stroke:#c8402f,stroke-width:2px,stroke-dasharray:5 4", changed: "stroke:#b97a08,stroke-width:2px" } as const;

function shape(node: GraphNode, name: string): string {
  const rows = node.rows.filter((row) => row.kind === "fact" && row.change !== "removed").map((row) => (row.was === null ? row.text : `${row.text} (was ${row.was})`));
  switch (node.kind) {
    case "model":
      return `${name}[${label([node.name, ...rows])}]${classOf("model", node.change)}`;
    case "target":
      return `${name}([${label([node.name, node.about, ...rows])}])${classOf("target", node.change)}`;
    case "refusal":
      return `${name}{{${label([`refuse: ${node.name}`])}}}${classOf("refusal", node.change)}`;
    default:
      return `${name}[${label([node.name, node.about, ...rows])}]${classOf("selector", node.change)}`;
  }
}

/** What decides that this way is taken. */
function edgeLabel({ nodes }: PolicyGraph, { from, row: id, kind }: GraphEdge): string | null {
  if (kind === "escalation") return "escalate";
  const row = nodes.find((node) => node.id === from)!.rows.find((one) => one.id === id);
  return row === undefined ? null : rowLabel(row);
}

export function rowLabel({ kind, tag, text, note }: GraphRow): string | null {
  switch (kind) {
    case "arm":
      return text;
    case "part":
      return tag ?? note;
    default:
      return [tag, note].filter((one) => one !== null).join(": ");
  }
}

function classOf(kind: keyof typeof CLASSES, change: Change): string {
  return `:::${change ?? kind}`;
}

function label(lines: readonly (string | null)[]): string {
  return `"${lines.filter((line) => line !== null).map(escape).join("<br/>")}"`;
}

/** Inside quotes Mermaid reads entities (`#quot;`), markdown between backquotes and HTML; none of ours is meant so. */
function escape(text: string): string {
  return text.toWellFormed().replaceAll(/\p{Cc}/gu, " ").replaceAll(/[#"&<>`;\\*_|[\]{}~$%]/g, (one) => `#${one.codePointAt(0)};`);
}
