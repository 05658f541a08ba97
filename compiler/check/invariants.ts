// Invariants against every path a request can take. A path is a request's own plan, with every fallback in it, and the
// plan of every selector that a rule which is active for it escalates to. A retry asks what was asked before.
import type { Invariant, InvariantClause, Provider, RequestFacts, Target } from "#contracts";
import type { Label } from "#lang";
import { named, type Lookup, type Plan } from "#runtime/plan";
import { leavesIn, regionWhere, witnessIn, worstCase, type Answers, type Leaf, type Region } from "../analysis/index.ts";
import type { Asked } from "./asked.ts";
import type { CheckContext } from "./context.ts";
import { durationText, moneyText } from "./limits.ts";
import { sizeText } from "./words.ts";

/** A way in which one model breaks one clause. */
export type Breach = {
  readonly clause: number;
  /** What happens, to follow the name of the invariant. */
  readonly what: string;
  /** Every hop with its place, numbered in the order of the request's way. */
  readonly path: readonly Label[];
  readonly witness?: RequestFacts;
};

/** The first breach of each clause, by any of the models it is for. */
export function breachesOf(invariant: Invariant, context: CheckContext): readonly Breach[] {
  const models = context.models.filter((asked) => invariant.models.includes(asked.model.id));
  return invariant.clauses.flatMap((clause, at) => {
    for (const asked of models) {
      const breach = breachOf(clause, asked, { invariant, context });
      if (breach !== null) return [{ clause: at, ...breach, path: breach.path.map(({ span, text }, hop) => ({ span, text: `${hop + 1}. ${text}` })) }];
    }
    return [];
  });
}

type Broken = Omit<Breach, "clause">;
type Scene = { readonly invariant: Invariant; readonly context: CheckContext };

function breachOf(clause: InvariantClause, asked: Asked, scene: Scene): Broken | null {
  const { answers, space, model } = asked;
  const meant = space.where(scene.invariant.when);
  switch (clause.kind) {
    case "bound":
      return space.isEmpty(meant) ? null : boundBreach(clause, asked, scene);
    case "always-serves": {
      const witness = witnessIn(answers, space.and(meant, regionWhere(answers, ({ plan }) => plan.outcome !== "route")));
      if (witness === null) return null;
      return { what: `\`${model.name}\` refuses a request ${sizeText(witness.request)}: ${witness.plan.refusal!.message}`, path: armsOf(witness.leaf, scene), witness: witness.request };
    }
    default: {
      const isBad = (target: Target): boolean => breaks(clause, target, scene.context.lookup);
      return ownBreach(asked, meant, { clause, isBad, scene }) ?? escalationBreach(asked, meant, { clause, isBad, scene });
    }
  }
}

type PlaceClause = Extract<InvariantClause, { readonly kind: "only" | "never" | "always-can" }>;
type Search = { readonly clause: PlaceClause; readonly isBad: (target: Target) => boolean; readonly scene: Scene };

function ownBreach({ answers, space, model }: Asked, meant: Region, { clause, isBad, scene }: Search): Broken | null {
  const witness = witnessIn(answers, space.and(meant, reaching(answers, isBad)));
  if (witness === null) return null;
  const { target, path } = wayTo(witness.plan, isBad, scene);
  return {
    what: `\`${model.name}\` can send a request to ${placeText(clause, target, scene.context.lookup)}`,
    path: [...armsOf(witness.leaf, scene), ...path, endOf(clause, target, scene)],
    witness: witness.request,
  };
}

function escalationBreach(asked: Asked, meant: Region, { clause, isBad, scene }: Search): Broken | null {
  const { answers, space, model } = asked;
  const { lookup, span } = scene.context;
  for (const id of model.rules) {
    const rule = named(lookup.rules, id);
    if (rule.mode === "shadow") continue;
    const active = space.and(meant, regionWhere(answers, ({ plan }) => plan.rules.includes(id)));
    for (const action of rule.ladder) {
      if (action.kind !== "escalate") continue;
      const escalated = asked.by(action.selector);
      const witness = witnessIn(escalated, space.and(active, reaching(escalated, isBad)));
      if (witness === null) continue;
      const { target, path } = wayTo(witness.plan, isBad, scene);
      return {
        what: `\`${rule.name}\` of \`${model.name}\` can escalate a request to ${placeText(clause, target, lookup)}`,
        path: [{ span: span(id), text: "escalates the request" }, ...armsOf(witness.leaf, scene), ...path, endOf(clause, target, scene)],
        witness: witness.request,
      };
    }
  }
  return null;
}

function reaching(answers: Answers, isBad: (target: Target) => boolean): Region {
  return regionWhere(answers, ({ plan }) => plan.attempts.some((attempt) => isBad(attempt.target)));
}

/** A provider that does not say where it is may be anywhere. */
function breaks(clause: PlaceClause, target: Target, lookup: Lookup): boolean {
  if (clause.kind === "always-can") return !clause.capabilities.every((one) => target.can.includes(one));
  const subject = subjectOf(clause.by, target, named(lookup.providers, target.provider));
  return subject === null || clause.names.includes(subject) === (clause.kind === "never");
}

function subjectOf(by: "zone" | "region" | "provider" | "target", target: Target, provider: Provider): string | null {
  return { zone: provider.zone, region: provider.region, provider: provider.id, target: target.id }[by];
}

function wayTo(plan: Plan, isBad: (target: Target) => boolean, { context: { span } }: Scene): { readonly target: Target; readonly path: readonly Label[] } {
  const at = plan.attempts.findIndex((attempt) => isBad(attempt.target));
  const { target, step } = plan.attempts[at]!;
  const when = at === 0 ? "asks it first" : `asks it after ${at} other${at === 1 ? "" : "s"} failed`;
  return { target, path: step === null ? [] : [{ span: span(step), text: when }] };
}

function armsOf(leaf: Leaf, { context: { span } }: Scene): readonly Label[] {
  return leaf.arms.map((id) => ({ span: span(id), text: "takes the request" }));
}

function endOf(clause: PlaceClause, target: Target, { context: { lookup, span } }: Scene): Label {
  const provider = named(lookup.providers, target.provider);
  if (clause.kind === "always-can") return { span: span(target.id), text: `cannot do ${clause.capabilities.filter((one) => !target.can.includes(one)).join(", ")}` };
  if (clause.by === "zone" || clause.by === "region") {
    const subject = provider[clause.by];
    return { span: span(provider.id), text: subject === null ? `declares no ${clause.by}` : `is in ${clause.by} \`${subject}\`` };
  }
  return { span: span(target.id), text: "is asked in the end" };
}

function placeText(clause: PlaceClause, target: Target, lookup: Lookup): string {
  const provider = named(lookup.providers, target.provider);
  if (clause.kind === "always-can") return `\`${target.name}\`, which cannot do ${clause.capabilities.filter((one) => !target.can.includes(one)).map((one) => `\`${one}\``).join(", ")}`;
  if (clause.by === "target") return `\`${target.name}\``;
  if (clause.by === "provider") return `\`${target.name}\` of \`${provider.name}\``;
  const subject = provider[clause.by];
  return subject === null ? `\`${target.name}\`, whose provider declares no ${clause.by}` : `\`${target.name}\`, in ${clause.by} \`${subject}\``;
}

/** What the limits of the model stop is not counted: the runtime keeps them. */
function boundBreach({ of, limit }: Extract<InvariantClause, { readonly kind: "bound" }>, { model }: Asked, { context: { lookup, span } }: Scene): Broken | null {
  const { value, path, unpriced } = worstCase(lookup, model)[of];
  const kept = model.limits[of];
  if ((kept !== null && kept <= limit) || (value !== null && value <= limit)) return null;
  const text = { attempts: String, cost: moneyText, wall: durationText }[of];
  if (value === null) {
    return { what: `what a request to \`${model.name}\` can cost is not known`, path: unpriced.map((id) => ({ span: span(id), text: "declares no price" })) };
  }
  const most = kept === null ? value : Math.min(value, kept);
  const verb = { attempts: `can need ${text(most)} attempts`, cost: `can cost ${text(most)}`, wall: `can take ${text(most)}` }[of];
  return { what: `a request to \`${model.name}\` ${verb}, more than ${text(limit)}`, path: path.map((id) => ({ span: span(id), text: "on that way" })) };
}

/** Whether no request the invariant speaks of is served by any of its models. */
export function speaksOfNone(invariant: Invariant, { models }: CheckContext): boolean {
  const asked = models.filter((one) => invariant.models.includes(one.model.id));
  return asked.length === invariant.models.length && asked.every(({ answers, space }) => leavesIn(answers, space.where(invariant.when)).every(({ plan }) => plan.outcome !== "route"));
}
