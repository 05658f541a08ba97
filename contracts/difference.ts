// What `ward diff --format json` prints: which requests two policies treat differently, and which definitions changed
// besides. Fields may be added and never change meaning.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";
import { Decision, RequestFacts } from "./decision.ts";

/** The most severe first. `cosmetic` changes no request and no protection. */
export const DIFFERENCE_SEVERITIES = ["breaking", "weaker", "routing", "reliability", "cost", "stricter", "cosmetic"] as const;

const count = z.int().min(0);
const severity = z.enum(DIFFERENCE_SEVERITIES);

/** Where a side says it. `text` is the first line of it; null where the side is a bundle, which holds no source. */
export const DifferencePlace = z
  .strictObject({
    id: z.string(),
    file: z.string(),
    line: z.int().min(1),
    column: z.int().min(1),
    endLine: z.int().min(1),
    endColumn: z.int().min(1),
    text: z.string().nullable(),
  })
  .meta({ id: "DifferencePlace" });

export const DifferingRegion = z
  .strictObject({
    model: z.string(),
    severity,
    /** What is different, the most severe first. */
    changes: z.array(z.string()),
    /** Conditions that hold together; none: every request. */
    where: z.array(z.string()),
    /** Whether they hold for no other request: false where the region is not that simple, or was found by trying. */
    exact: z.boolean(),
    /** Kinds of requests in it that the two policies can tell apart; null where it was found by trying. */
    cells: z.number().min(0).nullable(),
    /** The rule whose escalation is shown, where only that differs; null for the route itself. */
    escalation: z.string().nullable(),
    /** The decisions about the witness; null where there is no such escalation on that side. */
    was: Decision.nullable(),
    now: Decision.nullable(),
    /** The most ordinary request of the region; both policies were asked about it. */
    witness: RequestFacts,
    old: DifferencePlace.nullable(),
    new: DifferencePlace.nullable(),
    /** Of the stored receipts, where a store was named. */
    receipts: z.strictObject({ count, share: z.number().min(0).max(1) }).nullable(),
  })
  .meta({ id: "DifferingRegion" });

const DEFINITION_KINDS = ["model", "fact", "provider", "target", "dispatcher", "cascade", "alloy", "guard", "rule", "alert", "invariant"] as const;

export const DifferingDefinition = z
  .strictObject({
    kind: z.enum(DEFINITION_KINDS),
    id: z.string(),
    severity,
    change: z.string(),
    /** A request, or a text that only one side's rule matches: the old one's, or the new one's. */
    witness: z
      .discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("request"), request: RequestFacts }),
        z.strictObject({ kind: z.literal("text"), text: z.string(), matches: z.enum(["old", "new"]) }),
      ])
      .nullable(),
    old: DifferencePlace.nullable(),
    new: DifferencePlace.nullable(),
  })
  .meta({ id: "DifferingDefinition" });

export const Difference = z
  .strictObject({
    /** No request is treated differently, and what differs besides is cosmetic. */
    same: z.boolean(),
    /** Whether everything was worked out. `unproved` says what was not. */
    proved: z.boolean(),
    unproved: z.array(z.string()),
    /** The most severe of all; null where there is nothing to tell. */
    severity: severity.nullable(),
    /** No request is in two of them. The most severe first, then the largest; by receipts where a store was named. */
    regions: z.array(DifferingRegion),
    definitions: z.array(DifferingDefinition),
    /** What stored requests say; `unknown` ones do not hold enough to tell. */
    receipts: z.strictObject({ total: count, same: count, different: count, unknown: count }).nullable(),
  })
  .meta({ id: "Difference", title: "Report of ward diff" });

export type DifferenceSeverity = (typeof DIFFERENCE_SEVERITIES)[number];
export type DifferencePlace = Frozen<z.infer<typeof DifferencePlace>>;
export type DifferingRegion = Frozen<z.infer<typeof DifferingRegion>>;
export type DifferingDefinition = Frozen<z.infer<typeof DifferingDefinition>>;
export type Difference = Frozen<z.infer<typeof Difference>>;
