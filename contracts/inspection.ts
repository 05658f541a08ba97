// What `ward inspect --format json` prints. Fields may be added and never change meaning.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";

const count = z.int().min(0);

export const InspectedRule = z
  .strictObject({
    id: z.string(),
    channel: z.string(),
    /** What it looks for. */
    match: z.enum(["pattern", "any", "json", "schema", "after", "repeat", "allow", "always"]),
    hold: z.string(),
    /** Characters of the longest match; null where there is no longest, or no text is looked for. */
    longest: count.nullable(),
  })
  .meta({ id: "InspectedRule" });

export const InspectedModel = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    aliases: z.array(z.string()),
    /** Microdollars and milliseconds; a cost is null where a target on the way declares no price. */
    worst: z.strictObject({ attempts: count.nullable(), cost: count.nullable(), wall: count.nullable() }),
    /** For each of them, ids of the arms taken and the rules that repeat on the way there. */
    reached_by: z.strictObject({ attempts: z.array(z.string()), cost: z.array(z.string()), wall: z.array(z.string()) }),
    /** Where the runtime stops a request. */
    limits: z.strictObject({ attempts: count, cost: count.nullable(), wall: count }),
    zones: z.array(z.string()),
    targets: z.array(z.string()),
    guards: z.array(z.string()),
    rules: z.array(InspectedRule),
  })
  .meta({ id: "InspectedModel" });

export const Inspection = z
  .strictObject({ digest: z.string(), requires: z.array(z.string()), models: z.array(InspectedModel) })
  .meta({ id: "Inspection", title: "Result of ward inspect" });

export type InspectedRule = Frozen<z.infer<typeof InspectedRule>>;
export type InspectedModel = Frozen<z.infer<typeof InspectedModel>>;
export type Inspection = Frozen<z.infer<typeof Inspection>>;
