import type { Explained } from "./rule.ts";

export const notSupported: Explained = {
  code: "W0003",
  name: "not-supported",
  severity: "error",
  law: "everything a program asks for is enforced by this version",
  because: "a rule that is accepted but not enforced is worse than none: whoever reads the policy relies on it",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-shell on tool {
  allow ["read_file"]
  then block "this tool is not allowed"
}

model chat {
  route = small
  rules = [no-shell]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-shell on text {
  match /rm -rf/
  then block "shell commands are not allowed"
}

model chat {
  route = small
  rules = [no-shell]
}
`,
};
