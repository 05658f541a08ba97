// Said by check/check.ts where the request space of a model outgrows its budget: an honest answer instead of a hang.
import type { Explained } from "./rule.ts";

const COUNT = 24;
const NUMBERS = Array.from({ length: COUNT }, (_, at) => at + 1);

function program(steps: readonly number[]): string {
  return `ward 1

facts {
${steps.map((n) => `  caller.flag-${n}: bool from key`).join("\n")}
}

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 32Ki }

${steps.map((n) => `dispatcher step-${n} { when caller.flag-${n} -> small  otherwise -> large }`).join("\n")}

cascade steps {
${steps.map((n) => `  try step-${n}`).join("\n")}
}

model chat { route = steps }
`;
}

export const notProved: Explained = {
  code: "W0004",
  name: "not-proved",
  severity: "warning",
  law: "the requests to every model can be told apart within the checker's budget",
  because: "what is not proved may be wrong, and a silent check would look as if it were right",
  avoid: program(NUMBERS),
  prefer: program([1]),
};
