// Found by check/suppress.ts, after every other check has spoken.
import type { Explained } from "./rule.ts";

export const unusedSuppression: Explained = {
  code: "W9001",
  name: "unused-suppression",
  severity: "error",
  law: "every `ward-allow` names a code, gives a reason, and takes back something that is found",
  because: "a suppression that suppresses nothing hides the next finding of its kind, which nobody has judged",
  avoid: `ward 1

provider local { kind = mock }

// ward-allow unused-definition: kept for the tests
target small = local "small" { context = 32Ki }

model chat { route = small }
`,
  prefer: `ward 1

provider local { kind = mock }

target small = local "small" { context = 32Ki }

// ward-allow unused-definition: kept for the tests
target large = local "large" { context = 200k }

model chat { route = small }
`,
};
