// The runtime's front door: a bundle in, a governed answer and a receipt out. It has never heard of the language.
export { load, type Loaded, type LoadResult, type Problem } from "./load.ts";
export * from "./plan/index.ts";
