// LAW: a rule that is enforced while the text streams has a longest match. Not asked of a rule that ends the attempt at
// the first character where it has matched (its length counts to there), that holds everything, as rules on tools and
// outputs do, or that only looks on.
import type { Diagnostic } from "#lang";
import type { RulePatterns } from "../bind/patterns.ts";
import { diagnose, type Explained } from "./rule.ts";

export const unboundedMatch: Explained = {
  code: "W5004",
  name: "unbounded-match",
  severity: "error",
  law: "a match that is held back has a longest length, or the whole answer is held",
  because: "a match without an end is held back without an end: the stream stands still until `limits.held` blocks it",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-private-keys on text {
  match /BEGIN KEY[^]*END KEY/
  then redact "[key removed]"
}

model chat {
  route = small
  rules = [no-private-keys]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-private-keys on text {
  match /BEGIN KEY[^]*END KEY/
  within = 4_000
  then redact "[key removed]"
}

model chat {
  route = small
  rules = [no-private-keys]
}
`,
};

export function unboundedMatches({ read }: RulePatterns): readonly Diagnostic[] {
  return [...read.values()]
    .filter(({ rule: { node, fields: { hold, mode } }, longest }) => longest === null && (node.channel.on === "text" || node.channel.on === "reasoning") && mode === "enforce" && hold.kind !== "all" && hold.kind !== "none")
    .map(({ rule, span }) =>
      diagnose(unboundedMatch, {
        span,
        message: `a match of rule \`${rule.node.name.text}\` can be of any length`,
        help: "cap it with `within = 2_000`, bound the repeats (`{0,200}` for `*`), or hold the whole answer with `hold = all`",
      }),
    );
}
