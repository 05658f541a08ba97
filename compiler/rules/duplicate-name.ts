import type { Explained } from "./rule.ts";

export const duplicateName: Explained = {
  code: "W1002",
  name: "duplicate-name",
  severity: "error",
  law: "a name means one thing in the whole program, a field is given once, and no two public models differ only by case or by the `wardwright/` prefix",
  because: "whichever of the two were taken, somebody who reads the other one would be wrong",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

model chat { route = small }
model Chat { route = small }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

model chat { route = small }
model chat-again { route = small }
`,
};
