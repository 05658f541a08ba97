// LAW: `resume = restart` stands only in rules that hold back everything.
import type { Check } from "../check/context.ts";

export const restartAfterRelease: Check = {
  code: "W5009",
  name: "restart-after-release",
  severity: "warning",
  law: "a rule that asks to start again holds the whole answer back",
  because: "what was released is never taken back: after the first character the retry is not possible and `exhausted` applies",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /OldClient/
  then retry { limit = 1  remind = "Use NewClient."  resume = restart }
  exhausted block "a deprecated client"
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
  hold = all
  match /OldClient/
  then retry { limit = 1  remind = "Use NewClient."  resume = restart }
  exhausted block "a deprecated client"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
  *check({ bound }) {
    for (const { node, fields, ladder } of bound.rules) {
      if (fields.hold.kind === "all" || fields.mode === "shadow" || (node.channel.on !== "text" && node.channel.on !== "reasoning")) continue;
      for (const action of ladder) {
        if (action.kind === "plain" || action.fields.resume !== "restart") continue;
        yield {
          span: action.node.span,
          message: `\`${node.name.text}\` starts again only while nothing was released, and it does not hold everything back`,
          help: "say `hold = all`, or leave `resume` out: the answer then goes on where it stopped",
        };
      }
    }
  },
};
