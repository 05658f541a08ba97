// The governor of one block of text: pieces of the provider's text in, verdicts out. What it says is a function of the
// text alone and never of how it was cut: the text is read character by character, and a half of a surrogate pair at the
// end of a piece waits for the other.
import { contextAfter, EDGE, isHigh } from "./context.ts";
import { HoldLane, type Stopped } from "./hold.ts";
import { type Lane, laneOf, type Sink } from "./lane.ts";
import type { Matcher } from "./matcher.ts";
import { ObserveLane } from "./observe.ts";
import type { ActiveRule, BlockGovernor, Match, Verdict } from "./verdict.ts";

export type Governed = {
  /** The channel's rules, in the order the model lists them, each with what it does if it matches now. */
  readonly rules: readonly ActiveRule[];
  /** The model's automata of the channel; null where it has none of that lane. */
  readonly hold: Matcher | null;
  readonly observe: Matcher | null;
  /** Whether an attempt that ends here can be continued: then text is released a little later. */
  readonly canContinue: boolean;
  /** `limits.held`, in UTF-16 code units. */
  readonly limit: number;
};

export function createBlockGovernor(governed: Governed): BlockGovernor {
  return governorFrom({ ...governed, whole: false, position: 0, context: EDGE, observing: null });
}

/**
 * A whole text at once, as in a unary answer: all of it is released, or nothing where a match ends it. The text is there
 * already, so holding it has no limit.
 */
export function governText(text: string, governed: Pick<Governed, "rules" | "hold" | "observe">): Verdict {
  const governor = governorFrom({ ...governed, canContinue: true, limit: Infinity, whole: true, position: 0, context: EDGE, observing: null });
  const read = governor.push(text);
  if (read.ending !== null) return read;
  const end = governor.finish();
  return { ...end, matches: [...read.matches, ...end.matches], release: read.release + end.release };
}

/** A rule watches in one lane: it holds what it may have to change, or it looks on. */
export function laneFor(rule: ActiveRule["rule"]): "hold" | "observe" {
  return rule.mode === "shadow" || rule.hold.kind === "none" ? "observe" : "hold";
}

type From = Governed & {
  readonly whole: boolean;
  readonly position: number;
  /** What stands before the position. */
  readonly context: number;
  readonly observing: ObserveLane | null;
};

function governorFrom(from: From): BlockGovernor {
  const { hold: holdLane, observe: observeLane } = lanesOf(from);

  let release = "";
  let matches: Match[] = [];
  let position = from.position;
  let context = from.context;
  let half = "";
  let received = from.position;
  let stopped: Stopped | null = null;

  const decided = (match: Match): void => void matches.push(match);
  const observeOptions = observeLane === null ? null : { lane: observeLane, decided, limit: from.limit, position, context };
  const observing = observeOptions === null ? null : (from.observing?.next(observeOptions) ?? new ObserveLane(observeOptions));
  const sink: Sink = {
    decided,
    release: (text, raw) => {
      release += text;
      position += raw.length;
      context = contextAfter(raw, context);
      observing?.read(raw);
    },
  };
  const holding = holdLane === null ? null : new HoldLane({ lane: holdLane, sink, canContinue: from.canContinue, limit: from.limit, whole: from.whole, position, context });

  // Its members are plain: an object with accessors of its own costs ten times as much to make, and more to clear away.
  const governor: { -readonly [Member in keyof BlockGovernor]: BlockGovernor[Member] } = { push, finish, held: 0, continueWith };
  return governor;

  function push(text: string): Verdict {
    if (stopped !== null) return verdict(null);
    if (holding === null && observing === null) {
      sink.release(text, text);
      return verdict(null);
    }
    received += text.length;
    const whole = withoutHalf(half + text);
    if (holding === null) {
      // Nothing is held back, not even half a pair; who looks on waits for the other half.
      release += text;
      position += text.length;
      context = contextAfter(text, context);
      observing!.read(whole);
      return verdict(null);
    }
    return verdict(whole === "" ? null : holding.read(whole));
  }

  function finish(): Verdict {
    if (stopped !== null) return verdict(null);
    const last = half;
    half = "";
    if (holding === null) {
      if (last !== "") observing?.read(last);
      observing?.finish();
      return verdict(null);
    }
    const found = (last === "" ? null : holding.read(last)) ?? holding.finish();
    if (found === null) observing?.finish();
    return verdict(found);
  }

  /** Keeps a high surrogate at the end for the next piece. */
  function withoutHalf(text: string): string {
    const cut = text !== "" && isHigh(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
    half = text.slice(cut);
    return cut === text.length ? text : text.slice(0, cut);
  }

  function verdict(found: Stopped | null): Verdict {
    let ending: Match | null = null;
    if (found?.kind === "ended") {
      lookOnUpTo(found.end);
      const { rule, offset, end, decidedAt } = found;
      ending = { rule: rule.rule, action: rule.action, offset, length: end - offset, held: decidedAt - position, released: position };
      matches.push(ending);
    }
    stopped = found ?? stopped;
    if (holding !== null) governor.held = received - position;
    const said: Verdict = { release, matches, ending, overflow: stopped?.kind === "overflow" };
    release = "";
    matches = [];
    return said;
  }

  /** What was held and is dropped was seen all the same: those who look on tell what they saw, up to the match's end. */
  function lookOnUpTo(end: number): void {
    const fork = observing?.fork();
    fork?.read(holding!.heldText(end));
    fork?.finish();
  }

  function continueWith(rules: readonly ActiveRule[]): BlockGovernor {
    if (!from.canContinue) throw new Error("text was released that can only stand if the attempt is never continued");
    // Half a pair that went out unheld is behind the seam.
    if (holding === null && half !== "") observing?.read(half);
    return governorFrom({ ...from, rules, position, context, observing });
  }
}

type Lanes = { readonly hold: Lane | null; readonly observe: Lane | null };
type Shared = { readonly of: Pick<Governed, "hold" | "observe">; readonly lanes: Lanes };

/** Blocks that are governed by the very same list of rules share its lanes, which never change: a request that begins costs nothing per rule. */
const shared = new WeakMap<readonly ActiveRule[], Shared>();

function lanesOf({ rules, hold, observe }: Governed): Lanes {
  const known = shared.get(rules);
  if (known !== undefined && known.of.hold === hold && known.of.observe === observe) return known.lanes;
  const ordered = rules.map((one, order) => ({ ...one, order }));
  const lanes: Lanes = {
    hold: lane(hold, ordered.filter((one) => laneFor(one.rule) === "hold")),
    observe: lane(observe, ordered.filter((one) => laneFor(one.rule) === "observe")),
  };
  shared.set(rules, { of: { hold, observe }, lanes });
  return lanes;
}

function lane(matcher: Matcher | null, rules: readonly (ActiveRule & { readonly order: number })[]): Lane | null {
  if (rules.length === 0) return null;
  if (matcher === null) throw new Error(`no automaton watches for ${rules[0]!.rule.id}`);
  return laneOf(matcher, rules);
}
