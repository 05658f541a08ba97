// Bundle and facts in, plan out. Pure, and free of node: the checker, the tests and a browser plan with the same code.
export { factsOfChat, type ChatFacts } from "./chat.ts";
export { answerText, decide, type Plan } from "./decide.ts";
export type { DrawKeys } from "./draw.ts";
export { BUILT_IN_FACTS, CALLER_FACTS, declaredFacts, factsOf, wrongClaim, type FactProblem, type Facts, type FactsResult, type Value } from "./facts.ts";
export { admits, capabilityFilter, contextFilter, guardFilter, needOf, prune, SkipList, targetsUnder, windows, type Need, type Skip } from "./filter.ts";
export { lookup, named, PUBLIC_PREFIX, type Lookup } from "./lookup.ts";
export { matches, readerOf, type Reader } from "./match.ts";
export { nearest } from "./nearest.ts";
export { plan, type PlanOptions } from "./plan.ts";
export { behindArms, compose, partsOf, refusal, type Node, type Part } from "./resolve.ts";
export { MAX_PLANNED_ATTEMPTS, type Backoff, type Move, type Moves, type PlannedAttempt, type Resume } from "./unroll.ts";
export { estimateTokens } from "./tokens.ts";
