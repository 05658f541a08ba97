// A request as facts, and the decision a bundle takes on it: what `ward eval` reads and prints, what `simulate`
// answers, what a witness is. The runtime's planner is the only thing that makes one.
import { z } from "zod";
import { CAPABILITIES, FAILURE_CLASSES, type Frozen } from "./bundle.ts";

/**
 * A request as facts. Everything but `model` may be left out and is then 0, false, empty or absent; what is not known
 * is named in `unknown`. `facts` holds the declared ones: bool, whole number, string, or a list of strings for a set.
 */
export const RequestFacts = z
  .strictObject({
    model: z.string().optional(),
    tokens: z.int().min(0).optional(),
    output: z.int().min(0).optional(),
    stream: z.boolean().optional(),
    turn: z.int().min(0).optional(),
    needs: z.array(z.enum(CAPABILITIES)).optional(),
    caller: z
      .strictObject({
        tenant: z.string().optional(),
        application: z.string().optional(),
        agent: z.string().optional(),
        user: z.string().optional(),
        session: z.string().optional(),
        run: z.string().optional(),
      })
      .optional(),
    facts: z.record(z.string(), z.union([z.boolean(), z.int(), z.string(), z.array(z.string())])).optional(),
    unknown: z.array(z.string()).optional(),
  })
  .meta({ id: "RequestFacts" });

/** Why a request was refused before any call. `policy_refused` is an arm's own `refuse`. */
export const REFUSAL_CODES = ["guard_refused", "capability_missing", "context_length_exceeded", "policy_refused"] as const;

/** Why a target was left out of a plan. */
const SKIP_REASONS = ["guard", "capability", "context", "output", "alloy_capability", "alloy_context"] as const;

export const Decision = z
  .strictObject({
    model: z.string(),
    /** `depends`: an open fact decides; `depends` then names what was missing and the rest is as far as it is certain. */
    outcome: z.enum(["route", "refuse", "depends"]),
    attempts: z.array(
      z.strictObject({
        target: z.string(),
        id: z.string(),
        /** The cascade's step or the alloy's part that asked for it; null for a plain target. */
        step: z.string().nullable(),
        retries: z.int().min(0),
        /** The failure classes after which another attempt follows. */
        on: z.array(z.enum(FAILURE_CLASSES)),
        timeout: z.int().nullable(),
      }),
    ),
    refusal: z.strictObject({ code: z.enum(REFUSAL_CODES), message: z.string() }).nullable(),
    /** `target` is its name, as among the attempts; `id` is of what skipped it: the guard, or the target itself. */
    skipped: z.array(z.strictObject({ target: z.string(), reason: z.enum(SKIP_REASONS), id: z.string() })),
    path: z.array(z.string()),
    alloys: z.array(
      z.strictObject({
        id: z.string(),
        pick: z.enum(["weighted", "round_robin", "alternate", "all"]),
        /** A share is a reduced fraction, as text. */
        shares: z.array(z.strictObject({ part: z.string(), share: z.string() })),
        key: z.string().nullable(),
        order: z.array(z.string()).nullable(),
      }),
    ),
    rules: z.array(z.string()),
    depends: z.array(z.string()),
  })
  .meta({ id: "Decision" });

export type RequestFacts = Frozen<z.infer<typeof RequestFacts>>;
export type Decision = Frozen<z.infer<typeof Decision>>;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
