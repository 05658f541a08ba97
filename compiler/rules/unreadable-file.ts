import type { Explained } from "./rule.ts";

export const unreadableFile: Explained = {
  code: "W0002",
  name: "unreadable-file",
  severity: "error",
  law: "every file that a program names can be read",
  because: "what a policy leaves out is not enforced; a part of it that is missing must not go unnoticed",
  avoid: `ward 1
use "./libs/targets.ward" { small }

model chat { route = small }
`,
  prefer: `ward 1
use "./lib/targets.ward" { small }

model chat { route = small }
`,
  files: {
    "lib/targets.ward": `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
`,
  },
};
