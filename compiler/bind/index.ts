// TREE -> BOUND PROGRAM. The front door of binding.
export * from "./bind.ts";
export * from "./bound.ts";
export { REQUEST_FACTS, RECEIPT_FACTS, canBeAbsent, type FactKind } from "./builtin-facts.ts";
export type { BoundFact, FactSet } from "./facts.ts";
export { fieldName } from "./fields.ts";
export { identity, idOf } from "./identity.ts";
export { load, type Import, type Loaded, type LoadedFile, type Program } from "./load.ts";
export { isNamed, SELECTORS, type Kind, type Names, type Reference } from "./names.ts";
export { didYouMean, listed } from "./nearest.ts";
export { readPatterns, type RulePattern, type RulePatterns } from "./patterns.ts";
export { PROVIDER_DEFAULTS } from "./provider-kinds.ts";
export { inForce, reachedFrom } from "./reach.ts";
