// TEXT <-> TREE. The front door of the language.
export * from "./ast.ts";
export * from "./diagnostic.ts";
export { escapeString } from "./escape.ts";
export { nearest } from "./nearest.ts";
export { parse, type Parsed } from "./parse.ts";
export { print } from "./print.ts";
export * from "./source.ts";
export { childrenOf, type Node, walk } from "./walk.ts";
