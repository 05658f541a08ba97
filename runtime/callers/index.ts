// Callers: who a key belongs to, what it may use, and how much of it.
export { worstUse, type Allowance, type Use } from "./allowance.ts";
export { mayUse } from "./bounds.ts";
export { openCallers, type Callers, type CallersOptions, type OpenedCallers } from "./callers.ts";
export { type Finding, type KeyFindings } from "./check-keys.ts";
export { claimText, trustedCaller } from "./claims.ts";
export { secretIn, type Header, type Identified } from "./keyring.ts";
export { createMemoryMeters } from "./memory-meters.ts";
export { type Bound, type Charge, type Left, type Meters, type Taken } from "./meters.ts";
