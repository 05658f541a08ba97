// An answer that is given whole: nothing of it goes out before its end, so it can always begin again.
import type { Model, Target } from "#contracts";
import { governText, type Chunk, type Verdict } from "../../stream/index.ts";
import type { Answer, Ending, Growing, MatchersOf, Seen, Watch } from "./answer.ts";
import { judgeOutput } from "./output-rules.ts";
import { holdsCalls, watchCalls, type CallWatch } from "./tool-rules.ts";
import type { Transcript } from "./transcript.ts";
import { withCalls, withoutUnseen } from "./without-calls.ts";
import type { Channel, EncoderOptions, Released, Surface } from "../surface.ts";
import { utf8Length } from "../utf8.ts";

export type WholeAnswerOptions = {
  readonly model: Model;
  readonly surface: Surface;
  readonly encoding: EncoderOptions;
  readonly matchersOf: MatchersOf;
  /** Writes to the client; opens the answer first. */
  readonly write: (text: string, from: Target) => void;
  readonly noticed: (seen: Seen) => void;
  /** The calls of earlier turns. */
  readonly transcript: () => Transcript;
};

export function createWholeAnswer(options: WholeAnswerOptions): Answer {
  const { model, surface } = options;
  let watch: Watch | null = null;
  let chunk: Chunk | null = null;
  let released: readonly Released[] = [];
  let bytes = { received: 0, held: 0, released: 0 };
  let body = "";
  /** Its calls, where rules watch them. */
  let edited: CallWatch | null = null;

  const answer: Growing = {
    // What is written is written at the very end, when nothing can go wrong with it any more.
    released: false,
    stuck: null,
    kept: "",
    texts: [],
    bytes: () => bytes,
    begin(next) {
      watch = next;
      chunk = null;
      edited = null;
      released = [];
      answer.texts = [];
      bytes = { received: 0, held: 0, released: 0 };
    },
    chunk(whole) {
      chunk = whole;
      return null;
    },
    finish() {
      const out: Released[] = [];
      for (const { choice, channel, text } of blocksOf(chunk)) {
        const { release, ending } = judge(choice, channel, text);
        const received = bytes.received + utf8Length(text);
        bytes = ending === null ? { received, held: 0, released: bytes.released + utf8Length(release) } : { received, held: received, released: 0 };
        if (ending !== null) return ending;
        out.push({ choice, channel, text: release });
      }
      const ending = judgeCalls() ?? judgeOutputs(out);
      if (ending !== null) bytes = { received: bytes.received, held: bytes.received, released: 0 };
      else {
        released = out;
        answer.texts = textsOf(out);
      }
      return ending;
    },
    close() {
      if (chunk === null) return;
      const { rules } = watch!;
      const watched = { text: rules.text.length + rules.output.length > 0, reasoning: rules.reasoning.length > 0 };
      const its = edited?.changed === true ? withCalls(chunk, edited.calls()) : holdsCalls(rules.tool) ? withoutUnseen(chunk) : chunk;
      body = surface.whole(its, { watched, released, options: options.encoding });
    },
    last: () => body,
    done() {
      options.write(body, watch!.target);
    },
    // Nothing was begun, so an end by policy or by an error is an error answer and never comes here.
    block() {},
    fail() {},
  };
  return answer;

  function judgeCalls(): Ending | null {
    const rules = watch!.rules.tool;
    edited = rules.length === 0 ? null : watchCalls({ rules, model, matchersOf: options.matchersOf, transcript: options.transcript, noticed: options.noticed });
    for (const part of chunk?.parts ?? []) {
      const ending = part.kind === "tool" ? (edited?.take(part) ?? null) : null;
      if (part.kind === "tool") bytes = { ...bytes, received: bytes.received + utf8Length(part.arguments), released: bytes.released + utf8Length(part.arguments) };
      if (ending !== null) return ending;
    }
    return edited?.finish() ?? null;
  }

  function judgeOutputs(out: Released[]): Ending | null {
    const rules = watch!.rules.output;
    if (rules.length === 0) return null;
    const choices = new Map<number, { text: string; callsTools: boolean }>();
    for (const part of chunk?.parts ?? []) {
      if (part.kind === "usage") continue;
      const known = choices.get(part.choice) ?? { text: "", callsTools: false };
      choices.set(part.choice, { ...known, callsTools: known.callsTools || part.kind === "tool" });
    }
    if (choices.size === 0) choices.set(0, { text: "", callsTools: false });
    for (const [choice, { callsTools }] of choices) {
      const at = out.findIndex((one) => one.choice === choice && one.channel === "text");
      const verdict = judgeOutput({ choice, text: out[at]?.text ?? "", callsTools }, { rules, model, matchersOf: options.matchersOf });
      verdict.noticed.forEach(options.noticed);
      if (verdict.ending !== null) return verdict.ending;
      if (at >= 0) out[at] = { ...out[at]!, text: verdict.text };
    }
    return null;
  }

  function judge(choice: number, channel: Channel, text: string): { readonly release: string; readonly ending: Ending | null } {
    const rules = watch!.rules[channel];
    if (rules.length === 0 || text === "") return { release: text, ending: null };
    const verdict: Verdict = governText(text, { rules, ...options.matchersOf(model, channel) });
    let ending: Ending | null = null;
    for (const match of verdict.matches) {
      const end = match.offset + match.length;
      const seen: Seen = { match, channel, choice, heldBytes: utf8Length(text.slice(0, end)), releasedBytes: 0 };
      if (match === verdict.ending) ending = { kind: "match", ...seen };
      else options.noticed(seen);
    }
    if (verdict.overflow) ending = { kind: "overflow", channel, choice };
    return { release: verdict.release, ending };
  }
}

/** Each channel of each choice as one text, in the order they first occur; a provider may give one in several pieces. */
function blocksOf(chunk: Chunk | null): readonly Released[] {
  const blocks = new Map<string, Released>();
  for (const part of chunk?.parts ?? []) {
    if (part.kind !== "text" && part.kind !== "reasoning") continue;
    const key = `${part.kind} ${part.choice}`;
    blocks.set(key, { choice: part.choice, channel: part.kind, text: (blocks.get(key)?.text ?? "") + part.text });
  }
  return [...blocks.values()];
}

function textsOf(released: readonly Released[]): readonly string[] {
  const texts: string[] = [];
  for (const one of released) {
    if (one.channel !== "text") continue;
    while (texts.length <= one.choice) texts.push("");
    texts[one.choice] += one.text;
  }
  return texts;
}
