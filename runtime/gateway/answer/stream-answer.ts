// An answer that is streamed: every piece goes out as soon as the rules let it.
//
//   text of a choice ──[splice, after a seam]──▶ governor ──┬─▶ [held whole, for output rules] ──▶ encoder ──▶ client
//   calls of tools   ──[held whole, for tool rules]─────────┘
//
// INVARIANT (nothing is taken back): what the client was given stays; an attempt that begins after that goes on from it.
import type { Model, Target } from "#contracts";
import { createBlockGovernor, createSplice, type BlockGovernor, type Chunk, type Part, type Splice, type Verdict } from "../../stream/index.ts";
import type { Answer, Ending, Growing, MatchersOf, Seen, Watch } from "./answer.ts";
import { holdAnswer, type HeldAnswer } from "./held-answer.ts";
import { holdsAnswer, judgeOutput } from "./output-rules.ts";
import { callsAlone, withoutCalls } from "./without-calls.ts";
import type { Transcript } from "./transcript.ts";
import { holdsCalls, watchCalls, type CallWatch, type ToolPart } from "./tool-rules.ts";
import type { Channel, Released, StreamEncoder, Watched } from "../surface.ts";
import { utf8Length } from "../utf8.ts";

export type StreamAnswerOptions = {
  readonly model: Model;
  readonly encoder: StreamEncoder;
  readonly matchersOf: MatchersOf;
  /** Writes to the client; opens the answer first where that has not happened. */
  readonly write: (text: string, from: Target) => void;
  /** A match that does not end the attempt. */
  readonly noticed: (seen: Seen) => void;
  /** Why no attempt of this request can go on from what was released; null where one may. */
  readonly stuck: string | null;
  /** The released text is recorded. */
  readonly recorded: boolean;
  /** The calls of earlier turns. */
  readonly transcript: () => Transcript;
};

/** Released text that is kept to go on from it, in characters. Beyond it an answer goes on from nowhere. */
const LONGEST_KEPT = 4 * 1024 * 1024;

/** One channel of one choice across the attempts that gave it. */
type Block = {
  readonly choice: number;
  readonly channel: Channel;
  /** Null where no rule watches it. */
  governor: BlockGovernor | null;
  splice: Splice | null;
  /** What the governor holds back now, and where in the block that begins. */
  tail: string;
  base: number;
  releasedBytes: number;
};

export function createStreamAnswer(options: StreamAnswerOptions): Answer {
  const { encoder, model } = options;
  const mayContinue = options.stuck === null;
  let blocks = new Map<string, Block>();
  /** The one that was asked for last: most answers have no other. */
  let recent: Block | null = null;
  let watch: Watch | null = null;
  let watched = { text: false, reasoning: false, holdsText: false };
  const texts: string[] = [];
  let bytes = { received: 0, released: 0 };
  /** The calls of this attempt, where a rule watches them or the answer is held; and whether they wait for its end. */
  let calls: CallWatch | null = null;
  let holdingCalls = false;
  /** The answer of this attempt, where a rule has to see all of it before any of it goes out. */
  let held: HeldAnswer | null = null;
  /** The choices of this attempt: their text as far as it may go out, where a rule on the output reads it. */
  let choices = new Map<number, { text: string; callsTools: boolean }>();

  const answer: Growing = {
    released: false,
    stuck: options.stuck,
    kept: "",
    texts,
    bytes() {
      let tails = 0;
      for (const block of blocks.values()) tails += utf8Length(block.tail);
      return { ...bytes, held: tails + heldBytes() };
    },

    begin(next) {
      watch = next;
      bytes = { received: 0, released: 0 };
      encoder.begin();
      if (next.resume === "restart") {
        blocks = new Map();
        recent = null;
      }
      else for (const block of blocks.values()) goOn(block);
      const splicing = next.resume === "continue" && (texts[0] ?? "") !== "";
      if (splicing) blockOf(0, "text").splice = createSplice(texts[0]!, next.target.continues);
      held = holdsAnswer(next.rules.output) ? holdAnswer() : null;
      holdingCalls = held !== null || holdsCalls(next.rules.tool);
      calls = holdingCalls || next.rules.tool.length > 0 ? watchCalls({ rules: next.rules.tool, model, matchersOf: options.matchersOf, transcript: options.transcript, noticed: options.noticed }) : null;
      choices = new Map();
      watched = {
        text: splicing || held !== null || next.rules.text.length > 0,
        reasoning: held !== null || next.rules.reasoning.length > 0,
        holdsText: false,
      };
    },

    chunk(chunk) {
      const out: Released[] = [];
      const { output } = watch!.rules;
      for (const part of chunk.parts) {
        const ending = part.kind === "text" || part.kind === "reasoning" ? take(part, out) : part.kind === "tool" ? takeCall(part) : null;
        if (part.kind !== "usage" && output.length > 0) choiceOf(part.choice).callsTools ||= part.kind === "tool";
        if (ending === null) continue;
        if (held === null) send(encoder.release(out));
        return ending;
      }
      const shown = holdingCalls ? withoutCalls(chunk) : chunk;
      if (held !== null) return keepBack(held, shown, out);
      if (shown !== null) for (const part of shown.parts) if (part.kind === "tool") passCall(part);
      send(shown === null ? encoder.release(out) : encoder.chunk(shown, watchedNow(), out));
      return holdingCalls && calls!.size > model.limits.held ? { kind: "overflow", channel: "tool", choice: 0 } : null;
    },

    finish() {
      const out: Released[] = [];
      const ending = finishBlocks(out) ?? calls?.finish() ?? null;
      if (held === null) {
        send(encoder.release(out));
        if (ending !== null) return ending;
      } else {
        const stopped = ending ?? keepBack(held, null, out);
        if (stopped !== null) return stopped;
      }
      const judged = judgeChoices();
      if (judged.ending !== null) return judged.ending;
      if (held !== null) releaseHeld(held, judged.texts);
      if (holdingCalls) releaseCalls(calls!.calls());
      return null;
    },

    close(totals) {
      send(encoder.finish(totals));
    },
    last: () => encoder.done,
    done() {
      send(encoder.done);
    },
    block(totals, why) {
      send(encoder.blocked(totals, why));
    },
    fail(problem) {
      send(encoder.error(problem));
    },
  };
  return answer;

  /** What the encoder is told of the rules: whether some of the text is still held back is asked with every event. */
  function watchedNow(): Watched {
    watched.holdsText = blocks.size === 1 && recent !== null ? holdsText(recent) : [...blocks.values()].some(holdsText);
    return watched;
  }

  function goOn(block: Block): void {
    block.governor = block.governor?.continueWith(watch!.rules[block.channel]) ?? null;
    block.base += block.tail.length;
    block.tail = "";
    block.splice = null;
  }

  function finishBlocks(out: Released[]): Ending | null {
    for (const block of blocks.values()) {
      const rest = block.splice?.finish() ?? "";
      const ending = (rest === "" ? null : settle(block, rest, out)) ?? (block.governor === null ? null : judge(block, "", block.governor.finish(), out));
      if (ending !== null) return ending;
    }
    return null;
  }

  // ── calls and whole answers ──────────────────────────────────────────────────────────────────────────────

  function takeCall(part: ToolPart): Ending | null {
    bytes.received += utf8Length(part.arguments);
    return calls?.take(part) ?? null;
  }

  function passCall(part: ToolPart): void {
    bytes.released += utf8Length(part.arguments);
    answer.stuck = "a tool call was released";
  }

  function releaseCalls(its: readonly ToolPart[]): void {
    if (its.length === 0) return;
    holdingCalls = false;
    its.forEach(passCall);
    send(encoder.chunk(callsAlone(its), watchedNow(), []));
  }

  function keepBack(whole: HeldAnswer, chunk: Chunk | null, out: readonly Released[]): Ending | null {
    if (chunk !== null || out.length > 0) whole.keep(chunk, out);
    return whole.size + calls!.size > model.limits.held ? { kind: "overflow", channel: "output", choice: 0 } : null;
  }

  /** What the rules on the output make of it; `texts` are those they changed. */
  function judgeChoices(): { readonly ending: Ending | null; readonly texts: ReadonlyMap<number, string> } {
    const rules = watch!.rules.output;
    const changed = new Map<number, string>();
    if (rules.length === 0) return { ending: null, texts: changed };
    if (choices.size === 0) choiceOf(0);
    for (const [choice, its] of choices) {
      const { text, noticed, ending } = judgeOutput({ choice, ...its }, { rules, model, matchersOf: options.matchersOf });
      noticed.forEach(options.noticed);
      if (ending !== null) return { ending, texts: changed };
      if (text !== its.text) changed.set(choice, text);
    }
    return { ending: null, texts: changed };
  }

  function releaseHeld(whole: HeldAnswer, changed: ReadonlyMap<number, string>): void {
    held = null;
    for (const { chunk, released: its } of whole.take(changed)) {
      for (const one of its) count(one);
      send(chunk === null ? encoder.release(its) : encoder.chunk(chunk, { text: true, reasoning: true }, its));
    }
  }

  function heldBytes(): number {
    const waiting = held === null ? 0 : held.size;
    return waiting + (holdingCalls ? (calls?.size ?? 0) : 0);
  }

  function choiceOf(choice: number): { text: string; callsTools: boolean } {
    let known = choices.get(choice);
    if (known === undefined) choices.set(choice, (known = { text: "", callsTools: false }));
    return known;
  }

  // ── text ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes a piece of text in, and notes what of it goes out. */
  function take(part: Extract<Part, { readonly kind: Channel }>, out: Released[]): Ending | null {
    if (part.text === "") return null;
    bytes.received += utf8Length(part.text);
    if (!watched[part.kind]) {
      pass({ choice: part.choice, channel: part.kind, releasedBytes: 0 }, part.text, null);
      return null;
    }
    const block = blockOf(part.choice, part.kind);
    const text = block.splice?.push(part.text) ?? part.text;
    return text === "" ? null : settle(block, text, out);
  }

  function settle(block: Block, text: string, out: Released[]): Ending | null {
    if (block.governor !== null) return judge(block, text, block.governor.push(text), out);
    pass(block, text, out);
    return null;
  }

  function judge(block: Block, text: string, verdict: Verdict, out: Released[]): Ending | null {
    const pending = block.tail + text;
    let ending: Ending | null = null;
    for (const match of verdict.matches) {
      const end = match.offset + match.length - block.base;
      const seen: Seen = {
        match,
        channel: block.channel,
        choice: block.choice,
        heldBytes: utf8Length(pending.slice(Math.max(0, end - match.held), end)),
        releasedBytes: block.releasedBytes,
      };
      if (match === verdict.ending) ending = { kind: "match", ...seen };
      else options.noticed(seen);
    }
    pass(block, verdict.release, out);
    const held = block.governor?.held ?? 0;
    block.base += pending.length - held;
    block.tail = held === 0 ? "" : pending.slice(-held);
    if (verdict.overflow) return { kind: "overflow", channel: block.channel, choice: block.choice };
    return ending;
  }

  /** The text goes out. `out` is null where the encoder takes it from the chunk itself. */
  function pass(block: { readonly choice: number; readonly channel: Channel; releasedBytes: number }, text: string, out: Released[] | null): void {
    if (text === "") return;
    const one = { choice: block.choice, channel: block.channel, text };
    out?.push(one);
    if (block.channel === "text" && watch!.rules.output.length > 0) choiceOf(block.choice).text += text;
    if (held === null) block.releasedBytes += count(one);
  }

  /** Takes note of text that goes out; answers its bytes. */
  function count({ choice, channel, text }: Released): number {
    const size = utf8Length(text);
    bytes.released += size;
    if (channel === "text" && (mayContinue || options.recorded)) keep(choice, text);
    return size;
  }

  function keep(choice: number, text: string): void {
    while (texts.length <= choice) texts.push("");
    if (texts[choice]!.length + text.length > LONGEST_KEPT) answer.stuck ??= "too much was released to go on from it";
    else texts[choice] += text;
    answer.kept = texts[0] ?? "";
  }

  function send(text: string): void {
    if (text === "") return;
    answer.released = true;
    options.write(text, watch!.target);
  }

  function blockOf(choice: number, channel: Channel): Block {
    if (recent !== null && recent.choice === choice && recent.channel === channel) return recent;
    const key = `${channel} ${choice}`;
    let block = blocks.get(key);
    if (block === undefined) {
      const rules = watch!.rules[channel];
      const governor = rules.length === 0 ? null : createBlockGovernor({ rules, ...options.matchersOf(model, channel), canContinue: mayContinue, limit: model.limits.held });
      block = { choice, channel, governor, splice: null, tail: "", base: 0, releasedBytes: 0 };
      blocks.set(key, block);
    }
    recent = block;
    return block;
  }
}

function holdsText({ channel, tail, splice }: Block): boolean {
  return channel === "text" && (tail !== "" || splice?.holds === true);
}
