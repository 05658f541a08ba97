// Rules on the calls of tools in one attempt's answer. In: the calls piece by piece, in the order they come. Out: what
// was noticed, the match that ends the attempt, and at the end the calls as they may go out.
//
//   a call's name      ▶ allow, after        decided before its first argument
//   its arguments      ▶ match               decided while they stream, leaf by leaf, never on raw escapes
//   the answer's end   ▶ repeat, `$`         decided when every call is whole
//
// INVARIANT (whole calls): where a rule holds calls, none goes out before the attempt's end, so that an interrupted one is
// never released, replayed or kept, and its siblings, which did nothing wrong, are asked for again with it.
import type { Model } from "#contracts";
import { createBlockGovernor, laneFor, readArguments, type ActiveRule, type ArgumentReader, type BlockGovernor, type Match, type Part, type Verdict } from "../../stream/index.ts";
import type { Ending, Matchers, MatchersOf, Seen } from "./answer.ts";
import { globMatches } from "./glob.ts";
import { comparable, type PastCall, type Transcript } from "./transcript.ts";
import { utf8Length } from "../utf8.ts";

export type ToolPart = Extract<Part, { readonly kind: "tool" }>;

export type CallWatch = {
  /** A piece of a call. */
  take(part: ToolPart): Ending | null;
  /** The provider's end was seen. */
  finish(): Ending | null;
  /** Characters of the calls so far. */
  readonly size: number;
  /** Something in them was redacted. */
  readonly changed: boolean;
  /** The calls as they may go out, whole, in the order they began. */
  calls(): readonly ToolPart[];
};

export type WatchedCalls = {
  readonly rules: readonly ActiveRule[];
  readonly model: Model;
  readonly matchersOf: MatchersOf;
  readonly transcript: () => Transcript;
  readonly noticed: (seen: Seen) => void;
};

type Call = {
  readonly choice: number;
  readonly index: number;
  /** The first piece, for all but the arguments. */
  readonly first: ToolPart;
  name: string | null;
  json: string;
  /** Null until the name is known. */
  reading: Reading | null;
};

type Reading = { readonly reader: ArgumentReader; readonly redacted: { readonly from: number; readonly to: number; readonly text: string }[]; ending: Ending | null };

/** A rule that is enforced and holds keeps every call back to the end; the others look on. */
export function holdsCalls(rules: readonly ActiveRule[]): boolean {
  return rules.some((one) => laneFor(one.rule) === "hold");
}

export function watchCalls({ rules, model, matchersOf, transcript, noticed }: WatchedCalls): CallWatch {
  const calls = new Map<string, Call>();
  const matchers = matchersOf(model, "tool");
  let size = 0;

  return {
    take(part) {
      const key = `${part.choice} ${part.index}`;
      let call = calls.get(key);
      if (call === undefined) calls.set(key, (call = { choice: part.choice, index: part.index, first: part, name: null, json: "", reading: null }));
      call.json += part.arguments;
      size += part.arguments.length;
      call.name ??= part.name;
      if (call.name === null) return null;
      if (call.reading === null) return begin(call, call.name);
      return read(call.reading, part.arguments);
    },
    finish() {
      for (const call of calls.values()) {
        const ending = (call.reading === null ? begin(call, call.name ?? "") : null) ?? end(call.reading!) ?? repeated(call);
        if (ending !== null) return ending;
      }
      return null;
    },
    get size() {
      return size;
    },
    get changed() {
      return [...calls.values()].some(({ reading }) => reading !== null && reading.redacted.length > 0);
    },
    calls: () => [...calls.values()].map((call) => ({ ...call.first, name: call.name, arguments: edited(call) })),
  };

  /** The name is known: what it decides is decided, and the arguments are read from here on. */
  function begin(call: Call, name: string): Ending | null {
    const watching = rulesFor(rules, name);
    call.reading = readingOf(call, watching.looking, matchers);
    for (const one of watching.named) {
      const why = whyAgainst(one, call);
      const ending = why === null ? null : decided(one, { call, name, reason: why });
      if (ending !== null) return ending;
    }
    return read(call.reading, call.json);
  }

  /** Why a name alone is a match; null where it is none, "" where the rule says it all. */
  function whyAgainst({ rule }: ActiveRule, call: Call): string | null {
    const name = call.name ?? "";
    if (rule.match.kind === "allow") return rule.match.names.some((one) => globMatches(one, name)) ? null : "";
    if (rule.match.kind !== "after") return null;
    const { tool, turns } = rule.match;
    // Calls of the same answer that came before it count as called.
    const before = [...recent(turns), ...calls.values()].some((one) => one !== call && one.name !== null && globMatches(tool, one.name));
    return before ? "" : transcript().complete ? null : NOT_TOLD;
  }

  function repeated(call: Call): Ending | null {
    const name = call.name ?? "";
    for (const one of rulesFor(rules, name).counted) {
      if (one.rule.match.kind !== "repeat") continue;
      const { times, turns } = one.rule.match;
      const its = comparable(call.json);
      const here = [...calls.values()];
      const before = here.slice(0, here.indexOf(call)).filter((sibling) => sibling.name === call.name && comparable(sibling.json) === its);
      const equal = 1 + before.length + recent(turns).filter((past) => past.name === name && past.arguments === its).length;
      if (equal < times && transcript().complete) continue;
      const ending = decided(one, { call, name, reason: equal < times ? NOT_TOLD : "" });
      if (ending !== null) return ending;
    }
    return null;
  }

  function recent(turns: number): readonly PastCall[] {
    return transcript().turns.slice(-turns).flat();
  }

  /** A match of the name, or of the call as a whole: what is told of it is the name. */
  function decided({ rule, action }: ActiveRule, { call, name, reason }: { readonly call: Call; readonly name: string; readonly reason: string }): Ending | null {
    const holds = laneFor(rule) === "hold";
    const match: Match = { rule, action, offset: 0, length: name.length, held: holds ? name.length : 0, released: holds ? 0 : name.length };
    const seen: Seen = { match, channel: "tool", choice: call.choice, heldBytes: holds ? utf8Length(name) : 0, releasedBytes: 0, ...(reason === "" ? {} : { reason }) };
    if (holds && action.kind !== "note") return { kind: "match", ...seen };
    noticed(seen);
    return null;
  }

  // ── arguments ────────────────────────────────────────────────────────────────────────────────────────────

  function readingOf(call: Call, looking: readonly ActiveRule[], { hold, observe }: Matchers): Reading {
    let governor: BlockGovernor | null = null;
    /** Characters of the leaves before this one, and of this one: the places of matches count through all of them. */
    let base = 0;
    let bytesBefore = 0;
    let leaf = "";
    let release = "";
    let changed = false;
    const heard = (verdict: Verdict): void => {
      release += verdict.release;
      for (const match of verdict.matches) {
        const ends = match === verdict.ending;
        const read = laneFor(match.rule) === "hold" ? bytesBefore + utf8Length(leaf.slice(0, match.offset + match.length)) : 0;
        const seen: Seen = { match: { ...match, offset: base + match.offset }, channel: "tool", choice: call.choice, heldBytes: read, releasedBytes: 0 };
        if (match.action.kind === "redact" && laneFor(match.rule) === "hold") changed = true;
        if (ends) reading.ending ??= { kind: "match", ...seen };
        else noticed(seen);
      }
    };
    const reader = (call.first.custom === true ? readFreeText : readArguments)({
      begin() {
        leaf = "";
        release = "";
        changed = false;
        // A leaf is held whole by the rules' own holds; what all calls together may hold is counted by their text.
        governor = createBlockGovernor({ rules: looking, hold, observe, canContinue: true, limit: Number.POSITIVE_INFINITY });
      },
      text(piece) {
        if (reading.ending !== null) return;
        leaf += piece;
        heard(governor!.push(piece));
      },
      end(from, to) {
        if (reading.ending !== null) return;
        heard(governor!.finish());
        if (changed) reading.redacted.push({ from, to, text: release });
        base += leaf.length;
        bytesBefore += utf8Length(leaf);
      },
    });
    const reading: Reading = { reader: looking.length === 0 ? NOTHING : reader, redacted: [], ending: null };
    return reading;
  }

  function read(reading: Reading, json: string): Ending | null {
    if (json !== "" && reading.ending === null) reading.reader.push(json);
    return reading.ending;
  }

  function end(reading: Reading): Ending | null {
    if (reading.ending === null) reading.reader.finish();
    return reading.ending;
  }
}

const NOT_TOLD = "the request leaves its history out, so what was called before is not known";

/** The input of a tool that takes free text is one leaf, whatever it begins with. */
function readFreeText(sink: Parameters<typeof readArguments>[0]): ArgumentReader {
  let length = 0;
  return {
    push(piece) {
      if (length === 0) sink.begin();
      length += piece.length;
      sink.text(piece);
    },
    finish() {
      if (length > 0) sink.end(0, length);
    },
  };
}

const NOTHING: ArgumentReader = { push() {}, finish() {} };

/** The call's own JSON, byte for byte but for the leaves in which something was redacted: those are strings now. */
function edited({ first, json, reading }: Call): string {
  if (reading === null || reading.redacted.length === 0) return json;
  const isDocument = first.custom !== true && (/^\s*[{["]/.test(json) || isJson(json));
  let out = "";
  let at = 0;
  for (const { from, to, text } of reading.redacted) {
    out += json.slice(at, from) + (isDocument ? JSON.stringify(text) : text);
    at = to;
  }
  return out + json.slice(at);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type RulesFor = { readonly named: readonly ActiveRule[]; readonly looking: readonly ActiveRule[]; readonly counted: readonly ActiveRule[] };

/** By the list of active rules, which requests share, and the tool's name: lists that are the same share their automata. */
const chosen = new WeakMap<readonly ActiveRule[], Map<string, RulesFor>>();
/** A model may make names up. */
const MOST_NAMES = 256;

function rulesFor(rules: readonly ActiveRule[], name: string): RulesFor {
  let byName = chosen.get(rules);
  if (byName === undefined) chosen.set(rules, (byName = new Map()));
  let known = byName.get(name);
  if (known === undefined) {
    const watching = rules.filter(({ rule }) => rule.channel.kind === "tool" && globMatches(rule.channel.glob, name));
    const of = (...kinds: readonly string[]): readonly ActiveRule[] => watching.filter(({ rule }) => kinds.includes(rule.match.kind));
    known = { named: of("allow", "after"), looking: of("pattern", "any"), counted: of("repeat") };
    if (byName.size >= MOST_NAMES) byName.clear();
    byName.set(name, known);
  }
  return known;
}
