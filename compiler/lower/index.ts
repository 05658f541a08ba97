// BOUND PROGRAM -> POLICY. The front door of lowering.
export { lower } from "./lower.ts";
export { worstAttempts, type Attempts } from "./worst-attempts.ts";
