// Two drawn policies -> one graph in which everything says whether it was added, removed or changed. Nodes are the same by
// their ids. Rows of a dispatcher, a cascade or an alloy are the same by what they say, because their ids count places and an arm
// put in front moves them all; what is left over on both sides at one place has changed.
import type { Change, GraphEdge, GraphNode, GraphRow, PolicyGraph } from "#contracts";
import type { Drawn } from "./draw.ts";

export function compareDrawn(old: Drawn, now: Drawn): PolicyGraph {
  const before = new Map(old.graph.nodes.map((node) => [node.id, node]));
  const after = new Map(now.graph.nodes.map((node) => [node.id, node]));
  const merged = new Map<string, Merged>();
  for (const node of now.graph.nodes) {
    const was = before.get(node.id);
    merged.set(node.id, was === undefined ? added(node) : mergeNode({ node: was, from: old }, { node, from: now }));
  }
  for (const node of old.graph.nodes) if (!after.has(node.id)) merged.set(node.id, removed(node));

  return {
    ...now.graph,
    against: old.graph.digest,
    zones: [...new Set([...now.graph.zones, ...old.graph.zones])].sort(),
    nodes: [...merged.values()].map((one) => one.node),
    edges: mergeEdges(old.graph.edges, now.graph.edges, merged),
  };
}

/** `rowOfOld` says under which id a row of the old node stands in the merged one. */
type Merged = { readonly node: GraphNode; readonly rowOfOld: ReadonlyMap<string, string> };
type Side = { readonly node: GraphNode; readonly from: Drawn };

function added(node: GraphNode): Merged {
  return { node: { ...node, change: "added", rows: node.rows.map((row) => ({ ...row, change: "added" })) }, rowOfOld: new Map() };
}

function removed(node: GraphNode): Merged {
  return { node: { ...node, change: "removed", rows: node.rows.map((row) => ({ ...row, change: "removed" })) }, rowOfOld: new Map(node.rows.map((row) => [row.id, row.id])) };
}

function mergeNode(old: Side, now: Side): Merged {
  const rowOfOld = new Map<string, string>();
  const rows = [...changedFields(old.node, now.node), ...mergeRows(old, now, rowOfOld)];
  const same = old.from.contents.get(old.node.id) === now.from.contents.get(now.node.id) && old.node.name === now.node.name;
  const change: Change = same && rows.every((row) => row.change === null) ? null : "changed";
  return { node: { ...now.node, change, rows }, rowOfOld };
}

/** What a node says outside its rows, as a row of its own where it is another now. */
function changedFields(old: GraphNode, now: GraphNode): readonly GraphRow[] {
  return (["name", "about", "zone", "region"] as const).flatMap((field): GraphRow[] => {
    if (old[field] === now[field]) return [];
    const says = (value: string | null): string => (value === null ? `no ${field}` : `${FIELD_WORDS[field]}${value}`);
    return [{ id: field, kind: "fact", tag: null, text: says(now[field]), note: null, change: "changed", was: says(old[field]) }];
  });
}

const FIELD_WORDS = { name: "name ", about: "", zone: "zone ", region: "region " } as const;

// ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────

function mergeRows(old: Side, now: Side, rowOfOld: Map<string, string>): readonly GraphRow[] {
  const contentOf = ({ node, from }: Side, row: GraphRow): string => `${ranked(row) ? "" : row.id} ${from.contents.get(`${node.id} ${row.id}`)!}`;
  const left = old.node.rows;
  const right = now.node.rows;
  const kept = aligned(left.map((row) => contentOf(old, row)), right.map((row) => contentOf(now, row)));
  const out: GraphRow[] = [];
  const ids = new Set(right.map((row) => row.id));

  let at = 0;
  let then = 0;
  for (const [nextLeft, nextRight] of [...kept, [left.length, right.length] as const]) {
    const gone = left.slice(at, nextLeft);
    const come = right.slice(then, nextRight);
    out.push(...pair(gone, come, { rowOfOld, taken: ids }));
    const same = right[nextRight];
    if (same !== undefined) {
      rowOfOld.set(left[nextLeft]!.id, same.id);
      out.push(same);
    }
    [at, then] = [nextLeft + 1, nextRight + 1];
  }
  return out;
}

/** What changed between two rows that stayed: those of one id, or of one place where ids count places. */
function pair(gone: readonly GraphRow[], come: readonly GraphRow[], { rowOfOld, taken }: { readonly rowOfOld: Map<string, string>; readonly taken: ReadonlySet<string> }): readonly GraphRow[] {
  const free = (row: GraphRow | undefined): row is GraphRow => row !== undefined && !rowOfOld.has(row.id);
  const partner = (row: GraphRow, at: number): GraphRow | undefined => {
    if (!ranked(row)) return gone.find((one) => one.id === row.id);
    const alike = gone.find((one) => free(one) && one.text === row.text);
    return alike ?? (gone.length === come.length && free(gone[at]) && !come.some((one) => one.text === gone[at]!.text) ? gone[at] : undefined);
  };
  const changed = come.map((row, at): GraphRow => {
    const was = partner(row, at);
    if (was === undefined) return { ...row, change: "added" };
    rowOfOld.set(was.id, row.id);
    const shown = rowText(was, row);
    return { ...row, change: "changed", was: shown === rowText(row, was) ? null : shown };
  });
  const left = gone.filter((row) => !rowOfOld.has(row.id)).map((row): GraphRow => {
    // The place of an arm that is gone may be another's now.
    const id = taken.has(row.id) ? `was:${row.id}` : row.id;
    rowOfOld.set(row.id, id);
    return { ...row, id, change: "removed" };
  });
  return [...left, ...changed];
}

function ranked({ kind }: GraphRow): boolean {
  return kind === "arm" || kind === "step" || kind === "part";
}

/** The tag only where it is another now: an arm's `when` says nothing new. */
function rowText({ tag, text, note }: GraphRow, other: GraphRow): string {
  return [tag === other.tag ? null : tag, text, note].filter((one) => one !== null).join(" ");
}

/** Places of a longest common subsequence, in order. */
function aligned(left: readonly string[], right: readonly string[]): readonly (readonly [number, number])[] {
  const longest = Array.from({ length: left.length + 1 }, () => Array.from({ length: right.length + 1 }, () => 0));
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      longest[i]![j] = left[i] === right[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (longest[i + 1]![j]! >= longest[i]![j + 1]!) i++;
    else j++;
  }
  return pairs;
}

// ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────

function mergeEdges(old: readonly GraphEdge[], now: readonly GraphEdge[], nodes: ReadonlyMap<string, Merged>): readonly GraphEdge[] {
  const moved = old.map((edge): GraphEdge => ({ ...edge, row: edge.row === null ? null : (nodes.get(edge.from)!.rowOfOld.get(edge.row) ?? edge.row) }));
  const key = ({ from, row, to, kind }: GraphEdge): string => JSON.stringify([from, row, to, kind]);
  const before = new Set(moved.map(key));
  const after = new Set(now.map(key));
  return [
    ...now.map((edge): GraphEdge => ({ ...edge, change: before.has(key(edge)) ? null : "added" })),
    ...moved.filter((edge) => !after.has(key(edge))).map((edge): GraphEdge => ({ ...edge, change: "removed" })),
  ];
}
