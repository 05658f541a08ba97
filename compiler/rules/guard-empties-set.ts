// LAW: no request is refused because the guards of its model, together, leave nothing.
import { named } from "#runtime/plan";
import { witnessWhere } from "../analysis/index.ts";
import { listed } from "../bind/index.ts";
import type { Check } from "../check/context.ts";

export const guardEmptiesSet: Check = {
  code: "W4003",
  name: "guard-empties-set",
  severity: "info",
  law: "guards leave a request at least one target, or refuse it in so many words",
  because: "a refusal that nobody wrote down surprises the caller and the one who is asked why",
  avoid: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

guard at-home { when request.tags has pii then only zone private }

dispatcher by-stream {
  when request.stream -> large
  otherwise -> small
}

model chat {
  route = by-stream
  guards = [at-home]
}
`,
  prefer: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

guard at-home { when request.tags has pii then only zone private }

dispatcher by-size { smallest of small, large }

model chat {
  route = by-size
  guards = [at-home]
}
`,
  *check({ lookup, models, span }) {
    for (const { model, answers } of models) {
      // A guard that refuses in so many words skips no target.
      const witness = witnessWhere(answers, ({ plan }) => plan.refusal?.code === "guard_refused" && plan.skipped.length > 0);
      if (witness === null) continue;
      const by = [...new Set(witness.plan.skipped.flatMap((skip) => (skip.reason === "guard" ? [skip.id] : [])))];
      yield {
        span: span(model.id),
        message: `${listed(by.map((id) => named(lookup.guards, id).name))} leave${by.length === 1 ? "s" : ""} no target for some requests to \`${model.name}\``,
        labels: by.map((id) => ({ span: span(id), text: by.length === 1 ? "removes all of them" : "removes some of them" })),
        help: "lead such requests elsewhere, or say `then refuse \"…\"` so that the reason is told",
        witness: witness.request,
      };
    }
  },
};
