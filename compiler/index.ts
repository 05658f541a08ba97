// TREE -> BUNDLE, and everything one asks about it. The front door of the compiler.
export { compile, type Compiled } from "./compile.ts";
export { hostOf, normalPath, pathFrom, resolvePath, type Host } from "./host.ts";
export type { Bound } from "./bind/index.ts";
export { bundleText } from "./emit/index.ts";
export { worstAttempts, type Attempts } from "./lower/index.ts";
export { RULES, rulesNamed } from "./rules/index.ts";
export type { Explained } from "./rules/rule.ts";
