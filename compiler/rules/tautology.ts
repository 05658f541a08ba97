// LAW: every condition, and every part of one, fails for some request.
import type { Check } from "../check/context.ts";
import { constantConditions } from "../check/conditions.ts";

export const tautology: Check = {
  code: "W3004",
  name: "tautology",
  severity: "warning",
  law: "every condition fails for some request",
  because: "a condition that always holds says less than it seems to: the reader looks for the case it excludes, and there is none",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

guard no-long { when request.tokens < 20k or request.tokens > 10k then refuse "not now" }

model chat {
  route = large
  guards = [no-long]
}

model short { route = small }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

guard no-long { when request.tokens > 10k then refuse "not now" }

model chat {
  route = large
  guards = [no-long]
}

model short { route = small }
`,
  *check({ bound, lookup }) {
    for (const { condition, always } of constantConditions(bound, lookup)) {
      if (always) yield { span: condition.span, message: "this condition holds for every request", help: "leave it out" };
    }
  },
};
