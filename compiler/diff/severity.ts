// What is different between two treatments of one request, and how severe it is.
//
//   breaking     served and now refused; a zone or region it, or the whole model, could not get to before
//   weaker       a rule gone; a guard that lets more through; a `refuse` of an arm or a guard that now serves
//   routing      another target or distribution first; served where nothing fitted
//   reliability  what follows the first: fallbacks, retries, timeouts, escalations
//   stricter     one more rule; refused for another reason
//   cosmetic     the wording of a refusal
import { DIFFERENCE_SEVERITIES, type DifferenceSeverity } from "#contracts";
import type { Lookup, Plan, PlannedAttempt } from "#runtime/plan";
import { milliseconds } from "../cli/quantity.ts";
import type { Escalation, Treated } from "./treated.ts";
import { alloyOf, drawsOf, ruleOrder, type Standing } from "./treatment.ts";

export type Change = { readonly severity: DifferenceSeverity; readonly text: string };

/** Where anything of a model stands. */
export type Reach = ReadonlyMap<string, Standing>;

export type Compared = {
  readonly old: Treated;
  readonly now: Treated;
  readonly oldLookup: Lookup;
  readonly nowLookup: Lookup;
  /** Where any request of the old model could get to. */
  readonly whole: Reach;
};

/** The most severe first; at least one where the treatments differ. */
export function changesBetween(compared: Compared): readonly Change[] {
  const { old, now } = compared;
  const changes = [...outcome(compared), ...places(compared), ...guards(compared)];
  if (old.plan.outcome === "route" && now.plan.outcome === "route") changes.push(...moved(compared), ...rules(compared), ...attempts(compared), ...escalations(compared));
  if (changes.length === 0) changes.push({ severity: "reliability", text: "what follows a failure is planned otherwise" });
  return changes.sort((left, right) => rank(left.severity) - rank(right.severity));
}

export function rank(severity: DifferenceSeverity): number {
  return DIFFERENCE_SEVERITIES.indexOf(severity);
}

export function worst(severities: readonly DifferenceSeverity[]): DifferenceSeverity | null {
  return DIFFERENCE_SEVERITIES.find((one) => severities.includes(one)) ?? null;
}

function outcome({ old, now }: Compared): readonly Change[] {
  const [was, is] = [old.plan.refusal, now.plan.refusal];
  if (was === null && is === null) return [];
  if (was === null) return [{ severity: "breaking", text: `was served, is refused: ${is!.code}` }];
  if (is === null) {
    const wanted = was.code === "policy_refused" || was.code === "guard_refused" || letThrough({ old, now }).length > 0;
    return [{ severity: wanted ? "weaker" : "routing", text: `was refused (${was.code}), is served` }];
  }
  if (was.code !== is.code) return [{ severity: "stricter", text: `refused as ${is.code}, before as ${was.code}` }];
  return was.message === is.message ? [] : [{ severity: "cosmetic", text: "the refusal is worded otherwise" }];
}

/** A request that was refused got nowhere; what counts for it is where the model as a whole could get to. */
function places({ old, now, whole }: Compared): readonly Change[] {
  const before = old.plan.outcome === "route" ? old.reach : whole;
  return newPlaces(before, now.reach).map(({ place, targets }) => ({ severity: "breaking", text: `can reach ${place}, which it could not (${targets.join(", ")})` }));
}

export type NewPlace = { readonly place: string; readonly targets: readonly string[] };

function newPlaces(before: Reach, now: Reach): readonly NewPlace[] {
  return (["zone", "region"] as const).flatMap((by) => {
    const known = new Set([...before.values()].map((one) => one[by]));
    const found = new Map<string, string[]>();
    for (const [target, { [by]: at }] of now) {
      // A provider that now says where it stands has not moved.
      if (known.has(at) || (at !== null && before.get(target)?.[by] === null)) continue;
      const place = at === null ? `a provider that declares no ${by}` : `${by} \`${at}\``;
      found.set(place, [...(found.get(place) ?? []), `\`${target.slice("target:".length)}\``]);
    }
    return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([place, targets]) => ({ place, targets: targets.sort() }));
  });
}

/** The same target, standing elsewhere, but nowhere the request could not get to. */
function moved({ old, now }: Compared): readonly Change[] {
  return (["zone", "region"] as const).flatMap((by) => {
    const said = new Set([...old.reach.values()].map((one) => one[by]));
    return [...now.reach].flatMap(([target, { [by]: at }]): readonly Change[] => {
      const before = old.reach.get(target)?.[by];
      if (before === undefined || before === at) return [];
      if (before === null) return [{ severity: "stricter", text: `${list([target])} declares ${by} \`${at}\`` }];
      return said.has(at) ? [{ severity: "routing", text: `${list([target])} moves from ${by} \`${before}\` to ${at === null ? "none" : `\`${at}\``}` }] : [];
    });
  });
}

function letThrough({ old, now }: Pick<Compared, "old" | "now">): readonly string[] {
  return [...now.reach.keys()].filter((target) => old.guarded.has(target) && !old.reach.has(target)).sort();
}

function guards(compared: Compared): readonly Change[] {
  const through = letThrough(compared);
  return through.length === 0 ? [] : [{ severity: "weaker", text: `a guard kept it from ${list(through)}, which it can reach now` }];
}

function rules({ old, now, oldLookup, nowLookup }: Compared): readonly Change[] {
  const [before, after] = [ruleOrder(oldLookup, old.plan.rules), ruleOrder(nowLookup, now.plan.rules)];
  const gone = before.filter((one) => !after.includes(one));
  const come = after.filter((one) => !before.includes(one));
  const moved = gone.length === 0 && come.length === 0 && before.join(" ") !== after.join(" ");
  // Between rules that stay, the first listed acts where both match at once.
  const kept = before.filter((one) => after.includes(one)).join(" ") !== after.filter((one) => before.includes(one)).join(" ");
  return [
    ...(gone.length === 0 ? [] : [{ severity: "weaker", text: `${list(gone)} no longer watch${gone.length === 1 ? "es" : ""} it` } as const]),
    ...(moved || kept ? [{ severity: "weaker", text: "its rules stand in another order" } as const] : []),
    ...(come.length === 0 ? [] : [{ severity: "stricter", text: `${list(come)} watch${come.length === 1 ? "es" : ""} it` } as const]),
  ];
}

function attempts({ old, now, oldLookup, nowLookup }: Compared): readonly Change[] {
  const [was, is] = [firstAsked(oldLookup, old.plan), firstAsked(nowLookup, now.plan)];
  const first: readonly Change[] = was.key === is.key ? [] : [{ severity: "routing", text: was.text === is.text ? `first asked: ${is.text}, drawn otherwise` : `first asked: ${was.text} → ${is.text}` }];
  return [...first, ...behindTheFirst(old.plan, now.plan), ...(first.length > 0 ? [] : otherDraws({ old, now, oldLookup, nowLookup }))];
}

/** What is asked first, as a distribution where an alloy draws it. */
function firstAsked(lookup: Lookup, plan: Plan): { readonly key: string; readonly text: string } {
  const [first] = plan.attempts;
  const head = drawsOf(lookup, plan).filter((draw) => first!.trail.some((part) => alloyOf(part) === draw.id));
  if (head.length === 0) return { key: first!.target.id, text: list([first!.target.id]) };
  // The outermost draw has every part's share, those of inner alloys multiplied out.
  const outer = head.reduce((most, one) => (one.shares.length > most.shares.length ? one : most));
  const asked = outer.shares.map(({ part, share }) => {
    const at = plan.attempts.find((attempt) => attempt.trail.includes(part));
    return { share, target: at === undefined ? part : at.target.id };
  });
  return {
    key: JSON.stringify([head.map(({ id, pick, sticky, shares }) => [id, pick, sticky, shares]), asked]),
    text: asked.map(({ share, target }) => `${list([target])} ${share}`).join(", "),
  };
}

function behindTheFirst(old: Plan, now: Plan): readonly Change[] {
  const names = (plan: Plan): readonly string[] => plan.attempts.slice(1).map((one) => one.target.id);
  const [before, after] = [names(old), names(now)];
  const found: string[] = [];
  if ([...before].sort().join(" ") !== [...after].sort().join(" ")) {
    const gone = [...new Set(before.filter((one) => !after.includes(one)))];
    const come = [...new Set(after.filter((one) => !before.includes(one)))];
    if (gone.length > 0) found.push(`${list(gone)} no longer ${gone.length === 1 ? "stands" : "stand"} behind`);
    if (come.length > 0) found.push(`${list(come)} ${come.length === 1 ? "stands" : "stand"} behind it`);
    if (gone.length + come.length === 0) found.push(`${before.length} → ${after.length} fallbacks`);
  } else if (before.join(" ") !== after.join(" ")) found.push("fallbacks stand in another order");
  const same = old.attempts.length === now.attempts.length && old.attempts.every((one, at) => one.target.id === now.attempts[at]!.target.id);
  if (same) found.push(...withinAttempts(old, now));
  return found.map((text) => ({ severity: "reliability", text }));
}

/** The same targets in the same order: what is different about each, each said once. */
function withinAttempts(old: Plan, now: Plan): readonly string[] {
  const found = new Set<string>();
  old.attempts.forEach((was, at) => {
    const is = now.attempts[at]!;
    const name = list([was.target.id]);
    if (was.retries !== is.retries) found.add(`${name}: ${was.retries} → ${is.retries} ${is.retries === 1 ? "retry" : "retries"}`);
    if (was.timeout !== is.timeout) found.add(`${name}: timeout ${time(was.timeout)} → ${time(is.timeout)}`);
    if (was.on.join() !== is.on.join()) found.add(`${name}: goes on after ${listed(was.on)} → ${listed(is.on)}`);
    else if (JSON.stringify(targetsOf(was)) !== JSON.stringify(targetsOf(is))) found.add(`${name}: failures lead elsewhere`);
    if (JSON.stringify(waits(was)) !== JSON.stringify(waits(is))) found.add(`${name}: waits otherwise before it is asked again`);
    if (JSON.stringify(resumes(was)) !== JSON.stringify(resumes(is))) found.add(`${name}: an answer goes on otherwise after a failure`);
  });
  return [...found];
}

function targetsOf({ moves }: PlannedAttempt): readonly (number | null)[] {
  return Object.values(moves).map((move) => move?.to ?? null);
}

function waits({ retries, backoff, moves }: PlannedAttempt): unknown {
  return [retries > 0 ? [backoff?.from, backoff?.to] : null, Object.values(moves).map((move) => (move?.backoff ? [move.backoff.from, move.backoff.to] : null))];
}

function resumes({ retries, resume, moves }: PlannedAttempt): unknown {
  return [retries > 0 ? resume : null, Object.values(moves).map((move) => move?.resume ?? null)];
}

/** Alloys that come later in the plan. */
function otherDraws({ old, now, oldLookup, nowLookup }: Omit<Compared, "whole">): readonly Change[] {
  const text = (lookup: Lookup, plan: Plan): string => JSON.stringify(drawsOf(lookup, plan));
  return text(oldLookup, old.plan) === text(nowLookup, now.plan) ? [] : [{ severity: "reliability", text: "an alloy draws otherwise" }];
}

function escalations({ old, now }: Compared): readonly Change[] {
  const key = ({ rule, nth }: Escalation): string => `${rule} ${nth}`;
  const before = new Map(old.escalations.map((one) => [key(one), one]));
  const after = new Map(now.escalations.map((one) => [key(one), one]));
  const found: string[] = [];
  for (const [at, is] of after) {
    const was = before.get(at);
    if (was === undefined) {
      if (old.plan.rules.includes(is.rule)) found.push(`${list([is.rule])} can escalate`);
    } else if (was.text !== is.text) found.push(`${list([is.rule])} escalates otherwise: ${asked(was.plan)} → ${asked(is.plan)}`);
  }
  for (const [at, was] of before) if (!after.has(at) && now.plan.rules.includes(was.rule)) found.push(`${list([was.rule])} no longer escalates`);
  return found.map((text) => ({ severity: "reliability", text }));
}

function asked(plan: Plan): string {
  return plan.refusal === null ? list([...new Set(plan.attempts.map((one) => one.target.id))]) : plan.refusal.code;
}

/** Ids as names: `` `qwen`, `gpt` ``. */
export function list(ids: readonly string[]): string {
  return ids.map((id) => `\`${id.slice(id.indexOf(":") + 1)}\``).join(", ");
}

function listed(classes: readonly string[]): string {
  return classes.length === 0 ? "none" : classes.join(" ");
}

function time(ms: number | null): string {
  return ms === null ? "none" : milliseconds(ms);
}
