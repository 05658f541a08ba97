import type { Explained } from "./rule.ts";

export const typeMismatch: Explained = {
  code: "W2001",
  name: "type-mismatch",
  severity: "error",
  law: "every field has a value of its type, and every condition compares a fact that exists with a value it can have",
  because: "a value that means nothing where it stands would have to be ignored, and the policy would quietly do less than it says",
  avoid: `ward 1

facts { caller.tier: enum(free, team) from key }

provider local { kind = mock }
target small = local "small" { context = 32Ki }

guard paying { when caller.tier == fre then refuse "not on the free tier" }

model chat {
  route = small
  guards = [paying]
}
`,
  prefer: `ward 1

facts { caller.tier: enum(free, team) from key }

provider local { kind = mock }
target small = local "small" { context = 32Ki }

guard paying { when caller.tier == free then refuse "not on the free tier" }

model chat {
  route = small
  guards = [paying]
}
`,
};
