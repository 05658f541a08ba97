// LAW: an untrusted fact, set to whatever its source likes, opens no zone or region and lifts no refusal that stands without it.
// Which of two zones is the wider one, the program itself says: a zone that some guard or invariant keeps requests out of.
// Where none speaks of zones, any zone that is not reached without the fact counts.
import type { Policy, RequestFacts } from "#contracts";
import { named, type Lookup } from "#runtime/plan";
import { witnessIn, type Leaf, type Region, type Space } from "../analysis/index.ts";
import { listed } from "../bind/index.ts";
import type { Check } from "../check/context.ts";

export const untrustedWidening: Check = {
  code: "W2004",
  name: "untrusted-widening",
  severity: "warning",
  law: "no caller reaches a wider route by what it says of itself",
  because: "a header can be set by anyone: a route that opens for those who ask is open to all",
  avoid: `ward 1

facts { caller.cleared: bool from header "X-Cleared" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 32Ki }

dispatcher by-clearance {
  when caller.cleared -> large
  otherwise -> small
}

model chat { route = by-clearance }
`,
  prefer: `ward 1

facts { caller.cleared: bool from key }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 32Ki }

dispatcher by-clearance {
  when caller.cleared -> large
  otherwise -> small
}

model chat { route = by-clearance }
`,
  *check({ lookup, models, policy, span }) {
    const isWide = wideness(policy);
    const untrusted = new Set(policy.facts.filter((fact) => fact.source.from === "header" || fact.source.from === "metadata").map((fact) => fact.name));
    for (const { model, space, answers } of models) {
      const axes = space.axes.flatMap((axis, index) => ("fact" in axis && untrusted.has(axis.fact) ? [index] : []));
      if (axes.length === 0) continue;
      const silent = axes.reduce((ref, axis) => withoutSaying(space, ref, axis), answers.ref);
      const { diagrams } = space;
      const widePlaces = new Map(answers.leaves.map((leaf) => [leaf, placesOf(leaf, lookup).filter(isWide)]));
      const wider = diagrams.product([answers.ref, silent], ([said, unsaid]) => diagrams.leaf(opens(said as Leaf, unsaid as Leaf, (leaf) => widePlaces.get(leaf)!)));
      const witness = witnessIn(answers, { ref: wider });
      if (witness === null) continue;
      const facts = axes.map((index) => space.axes[index]!).flatMap((axis) => ("fact" in axis && isSaid(witness.request, axis.fact) ? [axis.fact] : []));
      yield {
        span: span(model.id),
        message: `a caller who claims ${listed([...new Set(facts)])} reaches a wider route of \`${model.name}\``,
        labels: witness.leaf.arms.map((id) => ({ span: span(id), text: "on the way" })),
        help: "read the fact from the caller's key, or from a header that a proxy of yours sets (`from trusted header \"…\"`); if this route is the narrower one, say so in a guard",
        witness: witness.request,
      };
    }
  },
};

type Ref = Region["ref"];

/** The diagram as it is where `axis` has the value of a request that says nothing. */
function withoutSaying({ diagrams }: Space, ref: Ref, axis: number): Ref {
  const done = new Map<Ref, Ref>();
  const visit = (one: Ref): Ref => {
    const known = done.get(one);
    if (known !== undefined) return known;
    let next = one;
    if (!diagrams.isLeaf(one)) {
      const { variable, kids } = diagrams.at(one);
      next = variable === axis ? kids[0]! : diagrams.choose(variable, kids.map(visit));
    }
    done.set(one, next);
    return next;
  };
  return visit(ref);
}

/** Whether the request gets by what it says what it would not get without: a wider place, or an answer instead of a refusal. */
function opens(said: Leaf, unsaid: Leaf, widePlaces: (leaf: Leaf) => readonly Place[]): boolean {
  if (said.plan.outcome !== "route") return false;
  // Guards that left nothing still bind: what is served instead, they allow.
  if (unsaid.plan.outcome !== "route") return unsaid.plan.refusal?.code === "policy_refused" || (unsaid.plan.refusal?.code === "guard_refused" && unsaid.plan.skipped.length === 0);
  const before = widePlaces(unsaid);
  return widePlaces(said).some((place) => !before.some((one) => one.by === place.by && one.name === place.name));
}

/** A zone or region; null is the place of a provider that does not say. */
type Place = { readonly by: "zone" | "region"; readonly name: string | null };

function placesOf({ plan }: Leaf, lookup: Lookup): readonly Place[] {
  return plan.attempts.flatMap(({ target }) => {
    const { zone, region } = named(lookup.providers, target.provider);
    return [{ by: "zone", name: zone }, { by: "region", name: region }] as const;
  });
}

/** Whether some guard or invariant keeps requests out of a place; everywhere, where none speaks of such places. */
function wideness({ guards, invariants }: Policy): (place: Place) => boolean {
  const clauses = [...guards.map((guard) => guard.then), ...invariants.flatMap((one) => one.clauses)].flatMap((clause) => (clause.kind === "only" || clause.kind === "never" ? [clause] : []));
  return ({ by, name }) => {
    const here = clauses.filter((clause) => clause.by === by);
    return here.length === 0 || here.some((clause) => name === null || clause.names.includes(name) === (clause.kind === "never"));
  };
}

function isSaid(request: RequestFacts, fact: string): boolean {
  return request.facts?.[fact] !== undefined;
}
