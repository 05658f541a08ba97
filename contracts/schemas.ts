// The JSON Schemas of what crosses a process boundary, made from the same shapes the types are made from. The files in
// schemas/ are these, written by generate.ts; a test fails when they drift.
import { z } from "zod";
import { Bundle } from "./bundle.ts";
import { WardConfig } from "./config.ts";
import { Decision, RequestFacts } from "./decision.ts";
import { PolicyGraph } from "./graph.ts";
import { Difference } from "./difference.ts";
import { Inspection } from "./inspection.ts";
import { KeysFile } from "./keys.ts";
import { Receipt } from "./receipt.ts";
import { ReplayReport } from "./replay.ts";
import { CheckReport } from "./report.ts";
import { TestReport } from "./test-report.ts";

const PUBLISHED = {
  "bundle.schema.json": Bundle,
  "receipt.schema.json": Receipt,
  "request-facts.schema.json": RequestFacts,
  "decision.schema.json": Decision,
  "difference.schema.json": Difference,
  "graph.schema.json": PolicyGraph,
  "replay-report.schema.json": ReplayReport,
  "check-report.schema.json": CheckReport,
  "test-report.schema.json": TestReport,
  "inspection.schema.json": Inspection,
  "ward-config.schema.json": WardConfig,
  "keys.schema.json": KeysFile,
} as const;

/** File name to text, in the form the files have. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(Object.entries(PUBLISHED).map(([file, shape]) => [file, `${JSON.stringify(z.toJSONSchema(shape), null, 2)}\n`]));
}
