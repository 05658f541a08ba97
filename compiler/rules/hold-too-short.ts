// LAW: a rule that holds back a number of characters holds back its longest match. Where the match has no bound at all,
// unbounded-match says so. A line or sentence is held besides what may still become a match, so it is never too short.
import type { Diagnostic } from "#lang";
import type { RulePatterns } from "../bind/patterns.ts";
import { fieldName } from "../bind/fields.ts";
import { diagnose, type Explained } from "./rule.ts";

export const holdTooShort: Explained = {
  code: "W5003",
  name: "hold-too-short",
  severity: "error",
  law: "a hold of a number of characters is no shorter than the longest match",
  because: "whoever reads the number believes that no more is ever held back, while the rule must hold its longest match or let a part of it out",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  match /sk-[a-z]{20}/
  hold = 8
  then block "a key in the answer"
}

model chat {
  route = small
  rules = [no-keys]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  match /sk-[a-z]{20}/
  hold = 23
  then block "a key in the answer"
}

model chat {
  route = small
  rules = [no-keys]
}
`,
};

export function holdsTooShort({ read }: RulePatterns): readonly Diagnostic[] {
  return [...read.values()].flatMap(({ rule, longest, span }): readonly Diagnostic[] => {
    const { hold } = rule.fields;
    if (hold.kind !== "size" || longest === null || longest <= hold.characters) return [];
    const option = rule.node.clauses.find((clause) => clause.kind === "option" && fieldName(clause.field) === "hold");
    return [diagnose(holdTooShort, {
      span: option?.span ?? rule.node.name.span,
      message: `rule \`${rule.node.name.text}\` holds back ${hold.characters} characters, but a match can be ${longest} long`,
      labels: [{ span, text: `matches up to ${longest} characters` }],
      help: `say \`hold = ${longest}\`; or \`hold = match\`, which holds exactly what is needed; or cap the match with \`within = ${hold.characters}\``,
    })];
  });
}
