import type { Explained } from "./rule.ts";

export const unresolvedName: Explained = {
  code: "W1001",
  name: "unresolved-name",
  severity: "error",
  law: "every name that is used is declared, and every field is one its declaration has",
  because: "a misspelt name that is ignored leaves the policy silently without what was meant",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

model chat { route = smal }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

model chat { route = small }
`,
};
