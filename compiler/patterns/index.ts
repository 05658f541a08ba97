// What a rule matches, read once: its problems, its widths and its automaton. Front door of the pattern language.
export { readPattern, readSearched, type Pattern, type PatternProblem, type PatternSource, type ReadPattern } from "./read.ts";
export { longest, type Decided } from "./longest.ts";
export { buildAutomaton } from "./automaton.ts";
export {
  type Answer, decidedNoLater, differenceWitness, firstMatchEnd, includes, intersectionWitness, shortestText, tieWitness, type Witness,
} from "./language.ts";
export { readSchema, type ReadSchema } from "./schema.ts";
export { canEndTogether } from "./ends.ts";
export { spanWitness } from "./spans.ts";
