// The runtime features a policy needs; a runtime that lacks one refuses the bundle by its name.
import { FEATURES, type Policy } from "#contracts";

type Feature = (typeof FEATURES)[number];

export function requires(policy: Omit<Policy, "requires">): readonly Feature[] {
  return FEATURES.filter((feature) => NEEDED[feature](policy)).sort();
}

function watches(channels: readonly Policy["rules"][number]["channel"]["kind"][]): (policy: Omit<Policy, "requires">) => boolean {
  return ({ rules }) => rules.some((rule) => channels.includes(rule.channel.kind));
}

const NEEDED: { readonly [feature in Feature]: (policy: Omit<Policy, "requires">) => boolean } = {
  routes: ({ models }) => models.length > 0,
  guards: ({ guards }) => guards.length > 0,
  "text-rules": watches(["text", "reasoning"]),
  "tool-rules": watches(["tool"]),
  "output-rules": watches(["output"]),
  "request-rules": watches(["request"]),
  "shadow-rules": ({ rules }) => rules.some((rule) => rule.mode === "shadow"),
  "resume-continue": ({ selectors, rules }) =>
    selectors.some((one) => one.kind === "cascade" && one.resume === "continue") ||
    rules.some((rule) => rule.ladder.some((action) => "resume" in action && (action.resume === "auto" || action.resume === "continue"))),
};
