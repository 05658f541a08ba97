// An answer that is streamed: every piece goes out as soon as the rules let it.
//
//   text of a choice ──[splice, after a seam]──▶ governor ──▶ encoder ──▶ client
//
// INVARIANT (nothing is taken back): what the client was given stays; an attempt that begins after that goes on from it.
import type { Model, Target } from "#contracts";
import { createBlockGovernor, createSplice, type BlockGovernor, type Part, type Splice, type Verdict } from "../stream/index.ts";
import type { Answer, Ending, MatchersOf, Seen, Watch } from "./answer.ts";
import type { Channel, Released, StreamEncoder, Watched } from "./surface.ts";
import { utf8Length } from "./utf8.ts";

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
  let watch: Watch | null = null;
  let watched: Watched = { text: false, reasoning: false };
  const texts: string[] = [];
  let keptWhole = true;
  let calledTool = false;
  let released = false;
  let bytes = { received: 0, released: 0 };

  return {
    get released() {
      return released;
    },
    get stuck() {
      if (calledTool) return "a tool call was released";
      return options.stuck ?? (keptWhole ? null : "too much was released to go on from it");
    },
    get kept() {
      return texts[0] ?? "";
    },
    texts,
    get bytes() {
      let held = 0;
      for (const block of blocks.values()) held += utf8Length(block.tail);
      return { ...bytes, held };
    },

    begin(next) {
      watch = next;
      bytes = { received: 0, released: 0 };
      encoder.begin();
      if (next.resume === "restart") blocks = new Map();
      else for (const block of blocks.values()) goOn(block);
      const splicing = next.resume === "continue" && (texts[0] ?? "") !== "";
      if (splicing) blockOf(0, "text").splice = createSplice(texts[0]!, next.target.continues);
      watched = {
        text: splicing || next.rules.text.length > 0,
        reasoning: next.rules.reasoning.length > 0,
        get holdsText() {
          for (const block of blocks.values()) if (block.channel === "text" && (block.tail !== "" || block.splice?.holds === true)) return true;
          return false;
        },
      };
    },

    chunk(chunk) {
      const out: Released[] = [];
      let tool = false;
      for (const part of chunk.parts) {
        if (part.kind === "tool") tool = true;
        if (part.kind !== "text" && part.kind !== "reasoning") continue;
        const ending = take(part, out);
        if (ending === null) continue;
        send(encoder.release(out));
        return ending;
      }
      calledTool ||= tool;
      send(encoder.chunk(chunk, watched, out));
      return null;
    },

    finish() {
      const out: Released[] = [];
      for (const block of blocks.values()) {
        const rest = block.splice?.finish() ?? "";
        const ending = (rest === "" ? null : settle(block, rest, out)) ?? (block.governor === null ? null : judge(block, "", block.governor.finish(), out));
        if (ending === null) continue;
        send(encoder.release(out));
        return ending;
      }
      send(encoder.release(out));
      return null;
    },

    close(totals) {
      send(encoder.finish(totals));
    },
    done() {
      send(encoder.done);
    },
    block(totals) {
      send(encoder.blocked(totals) + encoder.done);
    },
    fail(problem) {
      send(encoder.error(problem));
    },
  };

  function goOn(block: Block): void {
    block.governor = block.governor?.continueWith(watch!.rules[block.channel]) ?? null;
    block.base += block.tail.length;
    block.tail = "";
    block.splice = null;
  }

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
    out?.push({ choice: block.choice, channel: block.channel, text });
    const size = utf8Length(text);
    block.releasedBytes += size;
    bytes.released += size;
    if (block.channel === "text" && (mayContinue || options.recorded)) keep(block.choice, text);
  }

  function keep(choice: number, text: string): void {
    while (texts.length <= choice) texts.push("");
    if (texts[choice]!.length + text.length > LONGEST_KEPT) keptWhole = false;
    else texts[choice] += text;
  }

  function send(text: string): void {
    if (text === "") return;
    released = true;
    options.write(text, watch!.target);
  }

  function blockOf(choice: number, channel: Channel): Block {
    const key = `${channel} ${choice}`;
    let block = blocks.get(key);
    if (block === undefined) {
      const rules = watch!.rules[channel];
      const governor = rules.length === 0 ? null : createBlockGovernor({ rules, ...options.matchersOf(model, channel), canContinue: mayContinue, limit: model.limits.held });
      block = { choice, channel, governor, splice: null, tail: "", base: 0, releasedBytes: 0 };
      blocks.set(key, block);
    }
    return block;
  }
}
