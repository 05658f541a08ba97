// What a change does, exactly. Front door of the comparison.
export { diff, type DiffOptions } from "./diff.ts";
export { compareModels, planned, type Compared, type Pair } from "./regions.ts";
export { pairsOf } from "./pairs.ts";
export { rank } from "./severity.ts";
export { heardBy, sidesOf, type Program, type Side } from "./side.ts";
export { differenceAsGithub } from "./github.ts";
export { differenceAsMarkdown } from "./markdown.ts";
export { differenceAsText } from "./text.ts";
