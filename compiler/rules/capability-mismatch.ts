// LAW: a request that needs a capability, and that something behind a dispatcher could serve, is not refused for it.
import { listed } from "../bind/index.ts";
import type { Check } from "../check/context.ts";
import { gapsOf, nameOf } from "../check/gaps.ts";

export const capabilityMismatch: Check = {
  code: "W3009",
  name: "capability-mismatch",
  severity: "info",
  law: "an arm takes no request that needs what nothing behind it can do, while another arm could",
  because: "the request is refused before any call, although the policy has a target for it",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target seeing = local "seeing" { context = 32Ki  can = [vision] }

dispatcher by-stream {
  when request.stream -> small
  otherwise -> seeing
}

model chat { route = by-stream }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target seeing = local "seeing" { context = 32Ki  can = [vision] }

dispatcher by-stream {
  when request.needs has vision -> seeing
  when request.stream -> small
  otherwise -> seeing
}

model chat { route = by-stream }
`,
  *check({ lookup, models, span }) {
    for (const { at, request, could } of gapsOf(lookup, models, "capability_missing")) {
      const by = at.includes("/") ? "by this arm" : `by \`${nameOf(lookup, at)}\``;
      yield {
        span: span(at),
        message: `a request that needs ${listed(request.needs ?? [])} is refused ${by}, although \`${could.name}\` could serve it`,
        labels: [{ span: span(could.id), text: `can do ${listed(request.needs ?? [])}` }],
        help: `take such requests in an arm above: \`when ${(request.needs ?? []).map((one) => `request.needs has ${one}`).join(" and ")} -> …\``,
        witness: request,
      };
    }
  },
};
