// In: a policy and a stored receipt of any policy. Out: whether a request with the facts it recorded would be planned the same,
// how not, or why that cannot be said. Calls no provider. Draws are made by the keys the receipt recorded, so an alloy that
// did not change draws the same; a fact this policy reads and the receipt does not tell is unknown, and matters only where the plan depends on it.
import type { Decision, Fact, Model, PlannedAnswer, Receipt, RequestFacts, Rule } from "#contracts";
import type { Loaded } from "#runtime";
import { decide, factsOf, named, plan, type DrawKeys } from "#runtime/plan";
import { governText, loadMatcher, type ActiveRule, type Matcher } from "#runtime/stream";

export type Differs = "refusal" | "targets" | "steps" | "rules" | "text";

export type Replayed =
  | { readonly kind: "same"; readonly text: TextReplay }
  | { readonly kind: "different"; readonly was: PlannedAnswer; readonly now: PlannedAnswer; readonly differs: readonly Differs[]; readonly fires: readonly string[]; readonly text: TextReplay }
  | { readonly kind: "unknown"; readonly missing: string };

/** `tried` null where the receipt holds no text; `elsewhere` watch what no receipt holds. */
export type TextReplay = { readonly tried: readonly Rule[] | null; readonly fired: readonly Rule[]; readonly elsewhere: readonly Rule[] };

export type Replay = (receipt: Receipt) => Replayed;

export function replayUnder(program: Loaded): Replay {
  const matcherOf = matchers(program);
  const watchOf = watches(program);
  return (receipt) => {
    const model = program.modelNamed(receipt.model.requested) ?? program.models.get(receipt.model.id) ?? null;
    if (model === null) return unknown(`no model \`${receipt.model.requested}\``);
    const request = knownOf(program, receipt);
    if (!request.ok) return unknown(request.missing);
    const facts = factsOf(program, request.value);
    if (!facts.ok) return unknown(`${facts.problem.message}`);
    const keys = keysOf(receipt);
    if (keys === null) return unknown("its alloys were drawn by several keys, which it does not tell apart");

    const decision = decide(plan(program, model, facts.facts, { keys }));
    if (decision.outcome === "depends") return unknown(decision.depends.map((fact) => `\`${fact}\``).join(", "));
    const was = answerOf(receipt.decision);
    const now = answerOf(decision);
    const text = replayText(receipt, model, { watch: watchOf(decision.rules), matcherOf });
    // Text that a policy released went through its own rules already.
    const fires = receipt.bundle === program.digest ? [] : text.fired.filter(changesText).map((rule) => rule.id);
    const differs = differences(was, now, fires);
    return differs.length === 0 ? { kind: "same", text } : { kind: "different", was, now, differs, fires, text };
  };
}

function unknown(missing: string): Replayed {
  return { kind: "unknown", missing };
}

// ── facts and keys ───────────────────────────────────────────────────────────────────────────────────────────

type Known = { readonly ok: true; readonly value: RequestFacts } | { readonly ok: false; readonly missing: string };

/** The recorded facts as far as this policy declares them; what it declares and the receipt's policy did not is unknown. */
function knownOf({ facts: declared }: Loaded, { request, ...receipt }: Receipt): Known {
  const recorded = Object.entries(request.facts ?? {}).filter(([name]) => declared.has(name));
  // Receipts written before `declared` was recorded do not have it.
  const told = new Set([...(receipt.declared ?? []), ...recorded.map(([name]) => name)]);
  const open = [...declared.keys()].filter((name) => !told.has(name));
  for (const [name, value] of recorded) {
    const wrong = wrongIn(declared.get(name)!.type, value);
    if (wrong !== null) return { ok: false, missing: `\`${name}\` was ${wrong}, which is no value of it any more` };
  }
  const { model: _model, unknown: before = [], facts: _facts, ...rest } = request;
  return { ok: true, value: { ...rest, facts: Object.fromEntries(recorded), unknown: [...new Set([...before, ...open])] } };
}

/** The value in words where it is none of the type, else null. */
function wrongIn(type: Fact["type"], value: unknown): string | null {
  const shown = `\`${Array.isArray(value) ? value.join(",") : String(value)}\``;
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean" ? null : shown;
    case "int":
      return Number.isSafeInteger(value) ? null : shown;
    case "string":
      return typeof value === "string" ? null : shown;
    case "enum":
      return typeof value === "string" && type.values.includes(value) ? null : shown;
    case "set":
      return Array.isArray(value) && value.every((one) => type.values.includes(one as string)) ? null : shown;
    default:
      return type satisfies never;
  }
}

/** By what its alloys were drawn; a key that is neither the request's nor the session's was given by hand and holds for all. */
function keysOf({ request_id, request, caller, decision }: Receipt): DrawKeys | null {
  const session = caller["session"]?.value ?? null;
  const own = [request_id, ...(session === null ? [] : [session, `${session}/${request.turn ?? 0}`])];
  const given = [...new Set(decision.alloys.map((alloy) => alloy.key).filter((key) => key !== null && !own.includes(key)))];
  if (given.length > 1) return null;
  return given.length === 1 ? { fixed: given[0]! } : { request: request_id, session };
}

// ── the comparison ───────────────────────────────────────────────────────────────────────────────────────────

function answerOf({ outcome, attempts, refusal, rules }: Decision): PlannedAnswer {
  return {
    outcome: outcome === "refuse" ? "refuse" : "route",
    attempts: attempts.map(({ id, retries, timeout, on }) => ({ id, retries, timeout, on: [...on] })),
    refusal: refusal === null ? null : { code: refusal.code, message: refusal.code === "capability_missing" || refusal.code === "context_length_exceeded" ? null : refusal.message },
    rules: [...rules],
  };
}

function differences(was: PlannedAnswer, now: PlannedAnswer, fires: readonly string[]): readonly Differs[] {
  const same = (of: (answer: PlannedAnswer) => unknown): boolean => JSON.stringify(of(was)) === JSON.stringify(of(now));
  const targets = same((answer) => answer.attempts.map((one) => one.id));
  return [
    ...(same((answer) => answer.refusal) ? [] : ["refusal" as const]),
    ...(targets ? [] : ["targets" as const]),
    ...(targets && !same((answer) => answer.attempts) ? ["steps" as const] : []),
    ...(same((answer) => answer.rules) ? [] : ["rules" as const]),
    ...(fires.length === 0 ? [] : ["text" as const]),
  ];
}

// ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────

type MatcherOf = (model: Model, lane: "hold" | "observe") => Matcher | null;

/** Every rule is let look at the whole text that was released: which of them find something in it, each for itself. */
function replayText({ content }: Receipt, model: Model, { watch, matcherOf }: { readonly watch: Watch; readonly matcherOf: MatcherOf }): TextReplay {
  const { noted, watching, elsewhere } = watch;
  if (content === null) return { tried: null, fired: [], elsewhere };
  const governed = { rules: noted, hold: matcherOf(model, "hold"), observe: matcherOf(model, "observe") };
  const fired = new Set(watching.length === 0 ? [] : content.released.flatMap((text) => governText(text, governed).matches.map((match) => match.rule)));
  return { tried: watching, fired: watching.filter((rule) => fired.has(rule)), elsewhere };
}

/** `noted`: the rules of the answer's text, each only looking on, so that none keeps another from being seen. */
type Watch = { readonly noted: readonly ActiveRule[]; readonly watching: readonly Rule[]; readonly elsewhere: readonly Rule[] };

/** Nearly all requests of a model have the same active rules; the governor prepares a list of rules once. */
function watches(program: Loaded): (rules: readonly string[]) => Watch {
  const known = new Map<string, Watch>();
  return (ids) => {
    const key = ids.join(" ");
    let watch = known.get(key);
    if (watch === undefined) {
      if (known.size >= 1_000) known.clear();
      const active = ids.map((id) => named(program.rules, id));
      const watching = active.filter((rule) => rule.channel.kind === "text");
      watch = { noted: watching.map((rule) => ({ rule, action: { kind: "note" } })), watching, elsewhere: active.filter((rule) => rule.channel.kind !== "text") };
      known.set(key, watch);
    }
    return watch;
  };
}

function changesText({ mode, ladder }: Rule): boolean {
  return mode === "enforce" && ladder[0]!.kind !== "note";
}

function matchers(program: Loaded): MatcherOf {
  const loaded = new Map<string, Matcher>();
  return (model, lane) => {
    const watch = model.automata.find((one) => one.channel === "text" && one.lane === lane);
    if (watch === undefined) return null;
    const known = loaded.get(watch.automaton) ?? loadMatcher(named(program.automata, watch.automaton));
    loaded.set(watch.automaton, known);
    return known;
  };
}
