// What a change does, exactly. Front door of the comparison.
export { diff, type DiffOptions } from "./diff.ts";
export { compareModels, type Compared } from "./regions.ts";
export { pairsOf, type Pair } from "./pairs.ts";
export { rank } from "./severity.ts";
export { treatedRequest } from "./treated.ts";
export { heardBy, sidesOf, type Program, type Side } from "./side.ts";
export { differenceAsGithub } from "./github.ts";
export { differenceAsMarkdown } from "./markdown.ts";
export { differenceAsText } from "./text.ts";
export type { Came } from "./located.ts";
