// LAW: every invariant could fail: some request it speaks of is served, and every name it gives is one of the program.
import { didYouMean, listed } from "../bind/index.ts";
import type { Check } from "../check/context.ts";
import { speaksOfNone } from "../check/invariants.ts";

export const vacuousInvariant: Check = {
  code: "W8003",
  name: "vacuous-invariant",
  severity: "warning",
  law: "every invariant speaks of requests that are served, and of places that exist",
  because: "an invariant that cannot fail proves nothing, and reads as if it did",
  avoid: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

dispatcher by-size { smallest of small, large }
guard at-home { when request.tags has pii then only zone private }

model chat {
  route = by-size
  guards = [at-home]
}

invariant "pii stays private" { for chat when request.tags has pii never zone clowd }
`,
  prefer: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

dispatcher by-size { smallest of small, large }
guard at-home { when request.tags has pii then only zone private }

model chat {
  route = by-size
  guards = [at-home]
}

invariant "pii stays private" { for chat when request.tags has pii never zone cloud }
`,
  *check(context) {
    const { bound, policy } = context;
    for (const invariant of policy.invariants) {
      const { node, clauses } = bound.invariants.find((one) => one.id === invariant.id)!;
      const isAboutRefusals = invariant.clauses.some((clause) => clause.kind === "always-serves");
      if (!isAboutRefusals && speaksOfNone(invariant, context)) {
        yield { span: node.when?.span ?? node.title.span, message: `no request that "${node.title.value}" speaks of is served`, help: "ask for requests that there are, or remove it" };
      }
      for (const clause of clauses) {
        if ((clause.kind !== "never" && clause.kind !== "only") || (clause.by !== "zone" && clause.by !== "region") || !("names" in clause.node)) continue;
        const { by } = clause;
        const places = bound.providers.flatMap((provider) => provider.fields[by] ?? []);
        for (const name of clause.node.names) {
          if (places.includes(name.text)) continue;
          yield { span: name.span, message: `no provider is in ${clause.by} \`${name.text}\``, help: didYouMean(name.text, places) ?? `providers are in ${listed([...new Set(places)].sort()) || "none that they say"}` };
        }
      }
    }
  },
};
