// LAW: some answer meets every schema that answers are held to. Where that cannot be decided, it is said.
import type { Check } from "../check/context.ts";
import { satisfiable } from "../analysis/index.ts";
import type { Finding } from "./rule.ts";
import { placeOfSchema } from "./schema-not-supported.ts";

const PROGRAM = (schema: string): string => `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki  can = [json] }

rule invoice on output {
  expect schema "./${schema}.schema.json"
  then retry { limit = 1  feedback = validation }
  exhausted block "not an invoice"
}

model chat {
  route = small
  rules = [invoice]
}
`;

export const schemaUnsatisfiable: Check = {
  code: "W7001",
  name: "schema-unsatisfiable",
  severity: "error",
  law: "some answer meets every schema that answers are held to",
  because: "every answer breaks such a rule: each is asked for again, and then blocked",
  avoid: PROGRAM("crossed"),
  prefer: PROGRAM("invoice"),
  files: {
    "crossed.schema.json": `{ "type": "object", "required": ["lines"], "properties": { "lines": { "type": "integer", "minimum": 100, "maximum": 1 } } }`,
    "invoice.schema.json": `{ "type": "object", "required": ["lines"], "properties": { "lines": { "type": "integer", "minimum": 1, "maximum": 100 } } }`,
  },
  *check({ bound }): Iterable<Finding> {
    for (const { node, match } of bound.rules) {
      if (match.kind !== "schema") continue;
      const answer = satisfiable(match.schema);
      if (answer.kind === "yes") continue;
      const span = placeOfSchema(node);
      if (answer.kind === "no") yield { span, message: `no answer can meet the schema of rule \`${node.name.text}\`: ${placeOf(answer.at)}${answer.why}`, help: "change what contradicts itself there" };
      else yield { span, severity: "info", message: `whether any answer can meet the schema of rule \`${node.name.text}\` is unknown`, help: "nothing in it contradicts itself as far as this goes; a test with an answer that meets it would show it" };
    }
  },
};

function placeOf(at: string): string {
  return at === "" ? "" : `at \`${at}\` `;
}
