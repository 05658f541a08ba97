// LAW: every decision a policy can take is shown by one of its tests. Said by `ward test --coverage`, which runs them.
import type { Explained } from "./rule.ts";

const PROGRAM = `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  match /sk-[0-9a-f]{8}/
  then redact "[key removed]"
}

model chat {
  route = small
  rules = [no-keys]
}

test "a key is taken out" {
  given { model = chat  stream = true }
  upstream small "use sk-0123" ~ "4567 here"
  expect { fired = [no-keys]  released = "use [key removed] here" }
}
`;

export const uncoveredDecision: Explained = {
  code: "W8001",
  name: "uncovered-decision",
  severity: "info",
  law: "every decision a request can bring about is shown by a test",
  because: "a change that breaks it would be noticed by the first request that takes it",
  foundBy: "ward test --coverage",
  avoid: PROGRAM,
  prefer: `${PROGRAM}
test "other text goes out as it came" {
  given { model = chat }
  upstream small "nothing to hide"
  expect { fired = []  released = "nothing to hide" }
}

test "what does not fit is refused" {
  given { model = chat  tokens = 33k }
  expect { refused = context_length_exceeded }
}

test "what nothing can do is refused" {
  given { model = chat  needs = [tools] }
  expect { refused = capability_missing }
}
`,
};
