// In: a decision and requests that can bring it about. Out: rehearsals to try, the likeliest first: which request, what
// draws its alloys, and what its attempts hear. Whether one shows the decision is for the engine to say.
import { RETRYABLE, type FailureClass, type MockStep, type Model, type RequestFacts, type Rule } from "#contracts";
import { drawKeysOf, type Loaded } from "#runtime";
import { factsOf, named, plan, type Plan } from "#runtime/plan";
import { orGaveUp, regionWhere, witnessIn, type Answers, type Region } from "../analysis/index.ts";
import type { Decision, Way } from "./decisions.ts";
import { matchedBy } from "./match-text.ts";

export type Try = {
  readonly request: RequestFacts & { readonly model: string };
  readonly key: string | null;
  /** What the user says, where a rule reads it. */
  readonly prompt?: string;
  /** What the n-th attempt of the request hears; the last one repeats. */
  readonly heard: readonly (readonly MockStep[])[];
};

export function* triesFor(decision: Decision, loaded: Loaded): Iterable<Try> {
  for (const way of decision.ways) yield* triesOf(decision, way, loaded);
}

const OK: readonly MockStep[] = [{ do: "text", text: "ok" }];
/** Some rule may object to any text; hardly to all of these. */
const REPLIES = ["ok", "yes", "1", "…"];
const KEYS = [null, ...Array.from({ length: 60 }, (_, at) => `k${at + 1}`)];
const TURNS = 6;

function* triesOf({ kind, id }: Decision, way: Way, loaded: Loaded): Iterable<Try> {
  const { asked, answers, region } = way;
  if (answers.route !== asked.model.route) {
    yield* afterEscalation(way, loaded);
    return;
  }
  const request = requestOf(answers, region);
  switch (kind) {
    case "arm": case "first": case "guard-true": case "guard-false": case "refused":
      for (const key of kind === "first" ? KEYS : [null]) yield { request, key, heard: [OK] };
      return;
    case "quiet":
      for (const text of REPLIES) yield { request, key: null, heard: [[{ do: "text", text }]] };
      return;
    case "drawn":
      for (const key of KEYS) yield { request, key, heard: [OK] };
      for (let turn = 0; turn < TURNS; turn++) yield { request: { ...request, turn }, key: null, heard: [OK] };
      return;
    case "failure":
      for (const key of KEYS) {
        const heard = failuresUpTo(id, plannedFor(request, key, loaded));
        if (heard !== null) yield { request, key, heard: [...heard, OK] };
      }
      return;
    case "fired": case "exhausted": {
      const prompt = promptOf(id, way, loaded);
      if (prompt !== null) yield { request, key: null, prompt, heard: [OK] };
      const match = matchOf(id, way, loaded);
      if (match === null) return;
      const heard = kind === "fired" ? [match, OK] : [match];
      yield { request: { ...request, stream: true }, key: null, heard };
      yield { request, key: null, heard };
      return;
    }
  }
}

/** Through a rule of the model that escalates to the route the decision is on. */
function* afterEscalation({ asked, answers, region }: Way, loaded: Loaded): Iterable<Try> {
  for (const id of asked.model.rules) {
    const { ladder } = named(loaded.rules, id);
    const at = ladder.findIndex((step) => step.kind === "escalate" && step.selector === answers.route);
    const match = at < 0 ? null : matchOf(id, { asked, answers, region }, loaded);
    if (match === null) continue;
    const active = orGaveUp(() => asked.space.and(region, regionWhere(asked.answers, ({ plan: own }) => own.rules.includes(id))));
    if (!active.ok || asked.space.isEmpty(active.value)) continue;
    const before = ladder.slice(0, at).reduce((sum, step) => sum + ("limit" in step ? step.limit : 0), 0);
    const request = requestOf(answers, active.value);
    for (const key of KEYS) yield { request, key, heard: [...Array.from({ length: before + 1 }, () => match), OK] };
  }
}

function requestOf(answers: Answers, region: Region): Try["request"] {
  return { ...witnessIn(answers, region)!.request, model: answers.model.name };
}

// ── by failure ───────────────────────────────────────────────────────────────────────────────────────────────

function plannedFor(request: Try["request"], key: string | null, loaded: Loaded): Plan {
  const facts = factsOf(loaded, request);
  if (!facts.ok) throw new Error(`a witness is no request: ${facts.problem.message}`);
  return plan(loaded, loaded.modelNamed(request.model)!, facts.facts, { keys: drawKeysOf({ request, key }) });
}

/** How an attempt comes to fail with each class, in the order in which a reader meets them. */
const FAILS: readonly (readonly [FailureClass, readonly MockStep[]])[] = [
  ["overloaded", [{ do: "fails", status: 503, retry_after: null }]],
  ["rate_limit", [{ do: "fails", status: 429, retry_after: null }]],
  ["unavailable", [{ do: "fails", status: 502, retry_after: null }]],
  ["timeout", [{ do: "hangs" }]],
  ["auth", [{ do: "fails", status: 401, retry_after: null }]],
  ["context_exceeded", [{ do: "fails", status: 413, retry_after: null }]],
  ["bad_request", [{ do: "fails", status: 400, retry_after: null }]],
  ["truncated", [{ do: "text", text: "a" }, { do: "cuts" }]],
];

/** The shortest row of failures that leads into the step; null where none does. */
function failuresUpTo(id: string, { attempts }: Plan): readonly (readonly MockStep[])[] | null {
  const open: { readonly at: number; readonly heard: readonly (readonly MockStep[])[] }[] = attempts.length === 0 ? [] : [{ at: 0, heard: [] }];
  const seen = new Set<number>([0]);
  for (const { at, heard } of open) {
    const one = attempts[at]!;
    for (const [failure, steps] of FAILS) {
      const move = one.moves[failure];
      if (move === null) continue;
      const times = (RETRYABLE as readonly FailureClass[]).includes(failure) ? one.retries + 1 : 1;
      const next = [...heard, ...Array.from({ length: times }, () => steps)];
      if (!one.trail.includes(id) && attempts[move.to]!.trail.includes(id)) return next;
      if (seen.has(move.to)) continue;
      seen.add(move.to);
      open.push({ at: move.to, heard: next });
    }
  }
  return null;
}

// ── by a match ───────────────────────────────────────────────────────────────────────────────────────────────

/** An answer on which the rule acts; null where none is known, as for what only a prompt can show. */
function matchOf(id: string, { asked }: Way, loaded: Loaded): readonly MockStep[] | null {
  const rule = named(loaded.rules, id);
  const called = rule.channel.kind === "tool" ? nameLike(rule.channel.glob) : "tool";
  switch (rule.match.kind) {
    case "pattern": case "any": {
      const text = foundText(rule, asked.model, loaded);
      return text === null ? null : saying(rule.channel.kind, { text, called });
    }
    // "ok" is not JSON, and any request will do where nothing is looked for.
    case "always": case "json": case "schema": return OK;
    case "allow": return [{ do: "tool", name: called, arguments: "{}" }];
    case "after": return [{ do: "tool", name: nameLike(rule.match.tool), arguments: "{}" }, { do: "tool", name: called, arguments: "{}" }];
    case "repeat": return Array.from({ length: rule.match.times }, () => ({ do: "tool", name: called, arguments: "{}" }) as const);
  }
}

function promptOf(id: string, { asked }: Way, loaded: Loaded): string | null {
  const rule = named(loaded.rules, id);
  return rule.channel.kind === "request" && rule.match.kind !== "always" ? foundText(rule, asked.model, loaded) : null;
}

function foundText(rule: Rule, model: Model, loaded: Loaded): string | null {
  for (const { channel, automaton } of model.automata) {
    const text = channel === rule.channel.kind ? matchedBy(rule, named(loaded.automata, automaton)) : null;
    if (text !== null) return text;
  }
  return null;
}

function saying(channel: Rule["channel"]["kind"], { text, called }: { readonly text: string; readonly called: string }): readonly MockStep[] | null {
  switch (channel) {
    case "text": case "output": return halves(text).map((half) => ({ do: "text", text: half }));
    case "reasoning": return [...halves(text).map((half) => ({ do: "reasoning", text: half }) as const), ...OK];
    case "tool": return [{ do: "tool", name: called, arguments: JSON.stringify({ text }) }];
    case "request": return null;
  }
}

/** A name the glob lets in. */
function nameLike(glob: string): string {
  return glob.replaceAll("*", "") === "" ? "tool" : glob.replaceAll("*", "");
}

/** In two pieces, as a stream may bring it; a policy that holds a whole key, were it but an example, would be found to hold one. */
function halves(text: string): readonly string[] {
  const characters = [...text];
  const middle = Math.ceil(characters.length / 2);
  return [characters.slice(0, middle).join(""), characters.slice(middle).join("")].filter((half) => half !== "");
}
