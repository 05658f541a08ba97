// LAW: every schema that an output must meet can be held to, down to its last word.
import type { Diagnostic, Rule, Span } from "#lang";
import type { Bound } from "../bind/bound.ts";
import { readSchema } from "../patterns/index.ts";
import { diagnose, type Explained } from "./rule.ts";

export const schemaNotSupported: Explained = {
  code: "W7002",
  name: "schema-not-supported",
  severity: "error",
  law: "every schema an output must meet is one that the runtime can check, down to its last word",
  because: "a word of a schema that is passed over is a promise about answers that nobody keeps",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki  can = [json] }

rule invoice on output {
  expect schema "./dated.schema.json"
  then retry { limit = 1  feedback = validation }
  exhausted block "not an invoice"
}

model chat {
  route = small
  rules = [invoice]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki  can = [json] }

rule invoice on output {
  expect schema "./invoice.schema.json"
  then retry { limit = 1  feedback = validation }
  exhausted block "not an invoice"
}

model chat {
  route = small
  rules = [invoice]
}
`,
  files: {
    "dated.schema.json": `{ "type": "object", "properties": { "due": { "type": "string", "format": "date" } } }`,
    "invoice.schema.json": `{ "type": "object", "properties": { "due": { "type": "string", "pattern": "^\\\\d{4}-\\\\d\\\\d-\\\\d\\\\d$" } } }`,
  },
};

export function unsupportedSchemas({ rules }: Bound): readonly Diagnostic[] {
  return rules.flatMap(({ node, match }): readonly Diagnostic[] => {
    if (match.kind !== "schema") return [];
    const read = readSchema(match.schema);
    if (read.ok) return [];
    return [diagnose(schemaNotSupported, {
      span: placeOfSchema(node),
      message: `the schema of rule \`${node.name.text}\` cannot be checked: ${read.problem}`,
      help: read.help,
    })];
  });
}

/** Where a rule names the schema it expects. */
export function placeOfSchema({ clauses, name }: Rule): Span {
  const clause = clauses.find((one) => one.kind === "expect");
  return clause?.path?.span ?? name.span;
}
