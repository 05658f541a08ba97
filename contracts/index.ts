// What crosses a process boundary. Imports nothing of ours.
export * from "./bundle.ts";
export * from "./bundle-schema.ts";
export * from "./canonical.ts";
export * from "./config.ts";
export * from "./decision.ts";
export * from "./difference.ts";
export * from "./graph.ts";
export * from "./http.ts";
export * from "./inspection.ts";
export * from "./keys.ts";
export * from "./receipt.ts";
export * from "./replay.ts";
export * from "./report.ts";
export * from "./test-report.ts";
