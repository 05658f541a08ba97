// `ward.json`: what a team decides about its policies once, instead of on every command line. Closed: a key that is not
// here is an error. What a code or a name of a diagnostic is, only the compiler knows.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";

/** How loud a diagnostic is; `off` is not at all. An error stays one. */
export const LEVELS = ["error", "warning", "info", "off"] as const;

/** Descriptions are what an editor shows that reads the schema. */
export const WardConfig = z
  .strictObject({
    $schema: z.string().optional().describe("For editors; nothing else reads it."),
    entries: z.array(z.string().min(1)).min(1).optional().describe("The files that programs begin at, relative to this one."),
    levels: z.record(z.string(), z.enum(LEVELS)).optional().describe("By code (W3001) or name (dispatcher-gap): how loud a diagnostic is. An error cannot be lowered."),
    thresholds: z
      .strictObject({
        coverage: z.number().min(0).max(100).optional().describe("Percent of the decisions that tests must show, for ward test."),
        "fail-on": z.enum(["error", "warning", "info"]).optional().describe("The severity from which on ward check ends with 1."),
      })
      .optional(),
  })
  .meta({ id: "WardConfig", title: "ward.json" });

export type WardConfig = Frozen<z.infer<typeof WardConfig>>;
export type Level = (typeof LEVELS)[number];
