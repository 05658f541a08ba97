// `ward.json`: what a team decides about its policies once, instead of on every command line. Closed: a key that is not
// here is an error. What a code or a name of a diagnostic is, only the compiler knows.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";

/** How loud a diagnostic is; `off` is not at all. An error stays one. */
export const LEVELS = ["error", "warning", "info", "off"] as const;

export const WardConfig = z
  .strictObject({
    /** For editors; nothing reads it. */
    $schema: z.string().optional(),
    /** The files that programs begin at, relative to this one. */
    entries: z.array(z.string().min(1)).min(1).optional(),
    /** By code (`W3001`) or name (`dispatcher-gap`). */
    levels: z.record(z.string(), z.enum(LEVELS)).optional(),
    thresholds: z
      .strictObject({
        /** Percent of the decisions that tests must show, for `ward test`. */
        coverage: z.number().min(0).max(100).optional(),
        /** The severity from which on `ward check` ends with 1. */
        "fail-on": z.enum(["error", "warning", "info"]).optional(),
      })
      .optional(),
  })
  .meta({ id: "WardConfig", title: "ward.json" });

export type WardConfig = Frozen<z.infer<typeof WardConfig>>;
export type Level = (typeof LEVELS)[number];
