// LAW: every condition, and every part of one, holds for some request.
import type { Check } from "../check/context.ts";
import { constantConditions } from "../check/conditions.ts";

export const contradiction: Check = {
  code: "W3004",
  name: "contradiction",
  severity: "warning",
  law: "every condition holds for some request",
  because: "what hangs on a condition that never holds never happens",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

guard no-long { when request.tokens > 20k and request.tokens < 10k then refuse "too long" }

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

guard no-long { when request.tokens > 20k then refuse "too long" }

model chat {
  route = large
  guards = [no-long]
}

model short { route = small }
`,
  *check({ bound, lookup }) {
    for (const { condition, always } of constantConditions(bound, lookup)) {
      if (!always) yield { span: condition.span, message: "this condition holds for no request", help: "remove it, or ask for what some request has" };
    }
  },
};
