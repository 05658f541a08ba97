// A policy as a graph, and that graph as text for people and their tools.
export { compareDrawn } from "./compare.ts";
export { conditionText } from "./condition.ts";
export { dotOf } from "./dot.ts";
export { drawPolicy, type Drawn } from "./draw.ts";
export { mermaidOf } from "./mermaid.ts";
export { svgOf } from "./svg.ts";
