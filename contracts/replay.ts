// What `ward replay --format json` prints: how stored requests would be treated by another bundle. Fields may be added and
// never change meaning.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";
import { REFUSAL_CODES } from "./decision.ts";

const count = z.int().min(0);
/** Of all receipts replayed, from 0 to 1. */
const share = z.number().min(0).max(1);
/** A few receipts to look at. */
const examples = z.array(z.string());

/** What was planned for a request, as far as it is compared. */
export const PlannedAnswer = z
  .strictObject({
    outcome: z.enum(["route", "refuse"]),
    /** Ids of targets in the order they are tried. */
    attempts: z.array(z.strictObject({ id: z.string(), retries: count, timeout: count.nullable(), on: z.array(z.string()) })),
    /** `message` is null where the planner wrote it: it names numbers of the request. */
    refusal: z.strictObject({ code: z.enum(REFUSAL_CODES), message: z.string().nullable() }).nullable(),
    rules: z.array(z.string()),
  })
  .meta({ id: "PlannedAnswer" });

export const ReplayReport = z
  .strictObject({
    /** The bundle that planned anew. */
    bundle: z.string(),
    receipts: count,
    same: z.strictObject({ count, share }),
    different: z.strictObject({
      count,
      share,
      /** Most frequent first. */
      groups: z.array(
        z.strictObject({
          model: z.string(),
          was: PlannedAnswer,
          now: PlannedAnswer,
          /** What of it differs; `text`: a rule acts on text that was released. */
          differs: z.array(z.enum(["refusal", "targets", "steps", "rules", "text"])),
          /** Ids of those rules. */
          fires: z.array(z.string()),
          count,
          share,
          examples,
        }),
      ),
      /** Receipts that differ in a way of their own, beyond the groups that are kept. */
      ungrouped: count,
    }),
    unknown: z.strictObject({
      count,
      share,
      groups: z.array(z.strictObject({ model: z.string(), missing: z.string(), count, share, examples })),
      ungrouped: count,
    }),
    /** Text rules of the bundle on the text of receipts that hold it. */
    rules: z.array(z.strictObject({ rule: z.string(), mode: z.enum(["enforce", "shadow"]), replayed: count, fired: count, examples })),
    /** Receipts whose rules could not be replayed: they hold no content. */
    without_content: count,
    /** Active rules that no receipt tells anything of: on another channel than the answer's text. */
    not_replayed: z.array(z.string()),
  })
  .meta({ id: "ReplayReport", title: "Report of ward replay" });

export type PlannedAnswer = Frozen<z.infer<typeof PlannedAnswer>>;
export type ReplayReport = Frozen<z.infer<typeof ReplayReport>>;
