// A provider's text in, what may be released out. Front door of the stream governor.
export type { Chunk, JsonObject, Part, Protocol, UsageDetails } from "./part.ts";
export type { ActiveRule, BlockGovernor, Match, Verdict } from "./verdict.ts";
export { loadMatcher, type Matcher } from "./matcher.ts";
export { createBlockGovernor, type Governed, governText, laneFor } from "./govern.ts";
export { type ArgumentReader, readArguments } from "./arguments.ts";
export { type Expectation, expectationOf, type ExpectedSchema, patternsAsked, schemaProblem } from "./expect.ts";
export { createSplice, type Splice, type SpliceHow } from "./splice.ts";
export { wholeName } from "./whole-name.ts";
