// TEXT <-> TREE. The front door of the language.
export * from "./ast.ts";
export * from "./diagnostic.ts";
export * from "./source.ts";
