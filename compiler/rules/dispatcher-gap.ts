// LAW: a request that something behind a dispatcher could serve is served there, or refused on purpose.
// An arm, once taken, is not left again; so a request can be refused for its size by the arm it falls into while another
// target of the same dispatcher has the room. Requests that nothing behind it could take are no gap: no order of arms
// would serve them. What arms refuse by `refuse` and what guards remove is on purpose.
import type { Check } from "../check/context.ts";
import { armsThatNeverFit } from "../check/arms.ts";
import { gapsOf, nameOf } from "../check/gaps.ts";
import { numberText, sizeText } from "../check/words.ts";

export const dispatcherGap: Check = {
  code: "W3001",
  name: "dispatcher-gap",
  severity: "info",
  law: "a request that some target behind a dispatcher has room for is served, or refused on purpose",
  because: "the first arm that matches is not left again: what does not fit there is refused, even where another arm has the room",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-stream {
  when request.stream -> small
  otherwise -> large
}

model chat { route = by-stream }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-size { smallest of small, large }

dispatcher by-stream {
  when request.stream -> by-size
  otherwise -> large
}

model chat { route = by-stream }
`,
  *check({ lookup, models, span }) {
    const dead = new Set(armsThatNeverFit(models, lookup).map((one) => one.arm.id));
    for (const { at, request, could } of gapsOf(lookup, models, "context_length_exceeded")) {
      if (dead.has(at)) continue;
      const by = at.includes("/") ? "by this arm" : `by \`${nameOf(lookup, at)}\``;
      yield {
        span: span(at),
        message: `a request ${sizeText(request)} is refused ${by}, although \`${could.name}\` has room for it`,
        labels: [{ span: span(could.id), text: `its window holds ${numberText(could.context)} tokens` }],
        help: lookup.selectors.get(at)?.kind === "alloy" ? "say `partial_context = true`, so that a part without room drops out" : "take larger requests in an arm above, or lead to a `smallest of`",
        witness: request,
      };
    }
  },
};
