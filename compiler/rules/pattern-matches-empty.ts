// LAW: a match takes at least one character.
import type { Diagnostic } from "#lang";
import type { RulePatterns } from "../bind/patterns.ts";
import { diagnose, type Explained } from "./rule.ts";

export const patternMatchesEmpty: Explained = {
  code: "W5002",
  name: "pattern-matches-empty",
  severity: "error",
  law: "no pattern matches the empty text",
  because: "the empty text is everywhere: such a rule would fire on every answer, before its first character",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule unfinished on text {
  match /(?:TODO)*/
  then block "unfinished work"
}

model chat {
  route = small
  rules = [unfinished]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule unfinished on text {
  match /(?:TODO)+/
  then block "unfinished work"
}

model chat {
  route = small
  rules = [unfinished]
}
`,
};

export function patternsThatMatchEmpty({ unread }: RulePatterns): readonly Diagnostic[] {
  return unread
    .filter(({ problem }) => problem.kind === "empty")
    .map(({ problem, span }) => diagnose(patternMatchesEmpty, { span, message: problem.message, help: problem.help }));
}
