// LAW: every pattern is regular, and small enough to be watched. Lookaround and backreferences are what a regular pattern
// has not; without them a stream can be matched in one pass, whatever its cuts, and patterns can be compared exactly.
import type { Diagnostic } from "#lang";
import type { RulePatterns } from "../bind/patterns.ts";
import { diagnose, type Explained } from "./rule.ts";

export const patternNotRegular: Explained = {
  code: "W5001",
  name: "pattern-not-regular",
  severity: "error",
  law: "every pattern is a regular expression without lookaround and backreferences",
  because: "only a regular pattern can be matched while the text streams, holding back exactly what may still become a match",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /(?<=new )OldClient/
  then block "deprecated API in output"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /new OldClient/
  then block "deprecated API in output"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
};

export function patternsNotRegular({ unread }: RulePatterns): readonly Diagnostic[] {
  return unread
    .filter(({ problem }) => problem.kind !== "empty")
    .map(({ problem, span }) => diagnose(patternNotRegular, { span, message: problem.message, help: problem.help }));
}
