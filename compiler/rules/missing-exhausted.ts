import type { Explained } from "./rule.ts";

export const missingExhausted: Explained = {
  code: "W6006",
  name: "missing-exhausted",
  severity: "error",
  law: "every `retry` says what happens when its limit is used up",
  because: "a bounded action without an end would either let the violation out or end the answer in a way nobody chose",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /OldClient/
  then retry { limit = 2  remind = "Use the new one." }
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
  match /OldClient/
  then retry { limit = 2  remind = "Use the new one." }
  exhausted block "deprecated API in output"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
};
