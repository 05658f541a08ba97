// What `ward graph --format json` prints, and what every other format of it is drawn from. Fields may be added and never
// change meaning.
//
//   node ─ rows ─▶ edge ─▶ node        a model's rules, a dispatcher's arms, a cascade's steps and an alloy's parts are rows
import { z } from "zod";
import type { Frozen } from "./bundle.ts";

/** Against the policy that `--diff` named; null where nothing changed or nothing was compared. */
const change = z.enum(["added", "removed", "changed"]).nullable();

export const GraphRow = z
  .strictObject({
    /** The id receipts name it by: an arm, a step, a part, a guard, a rule. Of a fact about the node: the fact's name. */
    id: z.string(),
    kind: z.enum(["fact", "guard", "rule", "arm", "step", "part"]),
    /** What stands before it: a rule's channel, a step's number. */
    tag: z.string().nullable(),
    text: z.string(),
    /** What else is to be said of it: the effect of a guard, what a rule does, a step's retries. */
    note: z.string().nullable(),
    change,
    /** The old text and note, where the row changed. */
    was: z.string().nullable(),
  })
  .meta({ id: "GraphRow" });

export const GraphNode = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["model", "dispatcher", "smallest", "cascade", "alloy", "target", "refusal"]),
    name: z.string(),
    /** What kind of thing it is, in words: `alloy, weighted, one draw per session`. */
    about: z.string(),
    doc: z.string().nullable(),
    /** Of a target: the zone and region of its provider, null where it declares none. */
    zone: z.string().nullable(),
    region: z.string().nullable(),
    /** Of a model: the most attempts, microdollars and milliseconds a request can take; a cost is null where a price is not declared. */
    worst: z.strictObject({ attempts: z.int(), cost: z.int().nullable(), wall: z.int() }).nullable(),
    rows: z.array(GraphRow),
    change,
  })
  .meta({ id: "GraphNode" });

export const GraphEdge = z
  .strictObject({
    from: z.string(),
    /** The row it leaves from; null for a model's own route. */
    row: z.string().nullable(),
    to: z.string(),
    kind: z.enum(["route", "escalation"]),
    change,
  })
  .meta({ id: "GraphEdge" });

export const PolicyGraph = z
  .strictObject({
    /** The entry, as the bundle names it. */
    entry: z.string(),
    digest: z.string(),
    /** The digest it is compared with; null without `--diff`. */
    against: z.string().nullable(),
    /** Zones of the targets drawn, sorted. Targets without one are in none. */
    zones: z.array(z.string()),
    /** Each after everything that leads to it, models in the policy's order. */
    nodes: z.array(GraphNode),
    edges: z.array(GraphEdge),
  })
  .meta({ id: "PolicyGraph", title: "Graph of a policy, by ward graph" });

export type Change = "added" | "removed" | "changed" | null;
export type GraphRow = Frozen<z.infer<typeof GraphRow>>;
export type GraphNode = Frozen<z.infer<typeof GraphNode>>;
export type GraphEdge = Frozen<z.infer<typeof GraphEdge>>;
export type PolicyGraph = Frozen<z.infer<typeof PolicyGraph>>;
