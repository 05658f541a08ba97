import type { Explained } from "./rule.ts";

export const importCycle: Explained = {
  code: "W1003",
  name: "import-cycle",
  severity: "error",
  law: "no file uses itself, by whatever detour",
  because: "files that need each other are one file; a reader can follow neither alone",
  avoid: `ward 1
use "./lib/targets.ward" { small }

model chat { route = small }
`,
  prefer: `ward 1
use "./lib/providers.ward" { local }

target small = local "small" { context = 32Ki }
model chat { route = small }
`,
  files: {
    "lib/targets.ward": `ward 1
use "./more.ward" { local }

target small = local "small" { context = 32Ki }
target other = local "other" { context = 32Ki }
`,
    "lib/more.ward": `ward 1
use "./targets.ward" { other }

provider local { kind = mock }
dispatcher any { smallest of other }
`,
    "lib/providers.ward": `ward 1

provider local { kind = mock }
`,
  },
};
