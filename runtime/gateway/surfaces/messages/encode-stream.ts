// Messages as server-sent events. In: the provider's events and what may go out of them. Out: the client's events. True
// of them: `message_start` once and first, `message_stop` once and last, every block started once, stopped once and
// counted from 0 in the order they were started, one public model name.
//
//   message_start ─▶ (content_block_start ─▶ content_block_delta* ─▶ content_block_stop)* ─▶ message_delta ─▶ message_stop
//
// An answer in this protocol keeps its blocks as they come; any other one is put together from its parts. Nothing goes
// out before the first content, so that another target can still take over.
import type { Totals } from "../../../receipt/ledger.ts";
import type { Chunk, JsonObject, Part, Protocol } from "../../../stream/index.ts";
import { createHeldBack } from "../../answer/held-back.ts";
import { defined, object, parsedObject, text } from "../../json.ts";
import { saidNow, toldIn } from "../said.ts";
import { seal } from "../../answer/sealed.ts";
import type { EncoderOptions, Released, StreamEncoder, Watched } from "../../surface.ts";
import { messagesEnvelope } from "./envelope.ts";
import { stopReasonOf, usageOf, usageOfTotals } from "./ending.ts";

type Kind = "text" | "thinking" | "tool" | "other";
/** `input` is a tool's so far; `native` where the block's own provider says when it ends. */
type Block = { readonly index: number; readonly kind: Kind; readonly native: boolean; input: string };
type Governed = { readonly watched: Watched; readonly released: readonly Released[] };

export function createMessagesStreamEncoder(options: EncoderOptions): StreamEncoder {
  let started = false;
  let message: JsonObject = {};
  let usage: JsonObject | null = null;
  let counted: Extract<Part, { kind: "usage" }> | null = null;
  let finish: string | null = null;
  let ending: JsonObject = {};
  let next = 0;
  let calledTool = false;
  let open: Block[] = [];
  const waiting = createHeldBack();
  /** Blocks of this attempt by the provider's own count, of tools by their parts'. */
  let natives = new Map<number, Block>();
  let tools = new Map<number, Block>();
  /** The block the next text belongs to, where the provider has begun one that has said nothing yet. */
  let begun: { readonly at: number; readonly kind: "text" | "thinking"; readonly content: JsonObject } | null = null;
  /** A text block that an attempt before this one left open: the text that goes on from it is text of the same block. */
  let resumed: Block | null = null;
  /** Thinking the provider said and nobody has released yet; null once something else was released in its place. */
  let unsaid: string | null = "";

  return {
    begin() {
      if (!started) message = {};
      usage = null;
      counted = null;
      finish = null;
      ending = {};
      natives = new Map();
      tools = new Map();
      begun = null;
      unsaid = "";
      waiting.drop();
      const last = open.at(-1);
      resumed = last?.kind === "text" ? last : null;
    },

    chunk(chunk, watched, released) {
      for (const part of chunk.parts) {
        if (part.kind === "usage") counted = part;
        if (part.kind === "finish" && part.choice === 0) finish = part.reason;
      }
      const governed = { watched, released };
      return (chunk.protocol === "messages" ? takeNative(chunk, governed) : takeParts(chunk, governed)) + waiting.settle(watched.holdsText === true);
    },

    release: (released) => released.map(({ choice, channel, text: its }) => (choice === 0 ? say(channel === "text" ? "text" : "thinking", its) : "")).join(""),

    finish(totals) {
      const rest = waiting.settle(false);
      return rest + start() + closeAll() + end({ stop_reason: stopReasonOf(finish, calledTool), stop_sequence: null, ...object(ending["delta"]) }, totals);
    },

    blocked(totals, why) {
      waiting.drop();
      ending = {};
      return start() + closeAll() + end({ stop_reason: "refusal", stop_sequence: null, stop_details: { type: "refusal", category: null, explanation: why } }, totals);
    },

    error: (problem) => event("error", { ...messagesEnvelope(problem) } as JsonObject),
    done: event("message_stop", {}),
  };

  // ── an answer of another protocol ────────────────────────────────────────────────────────────────────────

  function takeParts(chunk: Chunk, governed: Governed): string {
    const { watched } = governed;
    const { protocol } = chunk;
    let out = speak("thinking", saidNow(chunk, "reasoning", governed), watched);
    // Reasoning that is watched was not looked at in this form.
    if (!watched.reasoning) for (const part of chunk.parts) if (part.kind === "signature" && part.choice === 0) out += waiting.inOrder(watched.holdsText === true, () => sign(protocol, part));
    out += speak("text", saidNow(chunk, "text", governed), watched);
    for (const part of chunk.parts) {
      if (part.kind === "tool" && part.choice === 0) out += waiting.inOrder(watched.holdsText === true, () => takeTool(part, protocol));
    }
    return out;
  }

  /** Where it belongs: to the thinking it follows, or a block that nobody else can read. Behind a text it has no place here. */
  function sign(protocol: Protocol, part: Extract<Part, { kind: "signature" }>): string {
    if (part.hidden) return openBlock("other", { type: "redacted_thinking", data: seal(protocol, "hidden", part) });
    const last = open.at(-1);
    return last?.kind === "thinking" ? delta(last, { type: "signature_delta", signature: seal(protocol, "text", part) }) : "";
  }

  function takeTool(part: Extract<Part, { kind: "tool" }>, protocol: Protocol): string {
    let block = tools.get(part.index);
    let out = "";
    if (block === undefined) {
      calledTool = true;
      const id = part.id ?? `toolu_${options.fallbackId.replace(/^msg_/, "")}_${next}`;
      if (part.signature !== undefined) out = openBlock("other", { type: "redacted_thinking", data: seal(protocol, "call", { signature: part.signature }) });
      out += openBlock("tool", { type: "tool_use", id, name: part.name ?? "", input: {} });
      block = open.at(-1)!;
      tools.set(part.index, block);
    }
    // A call that goes on after its end can only come from a provider that sends two at once, one of them whole already.
    if (part.arguments === "" || !open.includes(block)) return out;
    block.input += part.arguments;
    return out + delta(block, { type: "input_json_delta", partial_json: part.arguments });
  }

  // ── an answer of this protocol ───────────────────────────────────────────────────────────────────────────

  function takeNative(chunk: Chunk, governed: Governed): string {
    const { raw } = chunk;
    const { watched } = governed;
    const held = watched.holdsText === true;
    const at = typeof raw["index"] === "number" ? raw["index"] : 0;
    switch (raw["type"]) {
      case "message_start":
        message = object(raw["message"]);
        return "";
      case "message_delta":
        ending = raw;
        usage = object(raw["usage"]);
        return "";
      case "message_stop":
        return "";
      case "ping":
        return started ? event("ping", {}) : "";
      case "content_block_start":
        return beginNative(at, object(raw["content_block"]), held) + sayNative(chunk, governed);
      case "content_block_delta":
        return deltaNative(at, chunk, governed);
      case "content_block_stop":
        return waiting.inOrder(held, () => stopNative(at));
      default:
        // An event nobody has heard of goes on as it came, once the answer has begun.
        return waiting.inOrder(held, () => (started ? event(text(raw["type"]), raw) : ""));
    }
  }

  function beginNative(at: number, content: JsonObject, held: boolean): string {
    const { type } = content;
    if (type === "text" || type === "thinking") {
      return waiting.inOrder(held, () => {
        begun = { at, kind: type, content: { ...content, ...(type === "text" ? { text: "" } : { thinking: "" }) } };
        if (type === "thinking") unsaid = "";
        return "";
      });
    }
    return waiting.inOrder(held, () => {
      if (type === "tool_use") calledTool = true;
      return openBlock(type === "tool_use" ? "tool" : "other", content, at);
    });
  }

  function deltaNative(at: number, chunk: Chunk, governed: Governed): string {
    const said = object(chunk.raw["delta"]);
    const held = governed.watched.holdsText === true;
    switch (said["type"]) {
      case "text_delta":
      case "thinking_delta":
        return sayNative(chunk, governed);
      case "signature_delta":
        // Thinking that was changed, or whose end is still held, is not what was signed.
        return waiting.inOrder(held, () => (unsaid === "" ? deltaOf(at, said) : ""));
      default:
        return waiting.inOrder(held, () => deltaOf(at, said));
    }
  }

  function sayNative(chunk: Chunk, governed: Governed): string {
    const { watched } = governed;
    const thought = saidNow(chunk, "reasoning", governed);
    if (watched.reasoning && unsaid !== null) {
      const owed: string = unsaid + toldIn(chunk, "reasoning");
      unsaid = owed.startsWith(thought) ? owed.slice(thought.length) : null;
    }
    return speak("thinking", thought, watched) + speak("text", saidNow(chunk, "text", governed), watched);
  }

  function deltaOf(at: number, said: JsonObject): string {
    let out = begun?.at === at ? openBegun() : "";
    const block = natives.get(at);
    if (block !== undefined && open.includes(block)) out += delta(block, said);
    return out;
  }

  function stopNative(at: number): string {
    if (begun?.at === at) {
      // A block that stayed empty is told of only where the answer has begun without it.
      const out = started ? openBegun() : "";
      begun = null;
      return out + close(natives.get(at));
    }
    return close(natives.get(at));
  }

  // ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Text that is watched is never out of order: what comes behind it waits for it. */
  function speak(kind: "text" | "thinking", its: string, watched: Watched): string {
    if (its === "") return "";
    return kind === "text" ? say(kind, its) : waiting.inOrder(watched.holdsText === true, () => say(kind, its));
  }

  function say(kind: "text" | "thinking", its: string): string {
    if (its === "") return "";
    let out = "";
    if (begun?.kind === kind) out = openBegun();
    else if (open.at(-1)?.kind !== kind) out = openBlock(kind, kind === "text" ? { type: "text", text: "" } : { type: "thinking", thinking: "", signature: "" });
    return out + delta(open.at(-1)!, kind === "text" ? { type: "text_delta", text: its } : { type: "thinking_delta", thinking: its });
  }

  function openBegun(): string {
    const { at, kind, content } = begun!;
    begun = null;
    const goesOn = resumed;
    resumed = null;
    if (goesOn !== null && kind === "text" && open.at(-1) === goesOn) {
      natives.set(at, goesOn);
      return "";
    }
    return openBlock(kind, content, at);
  }

  function openBlock(kind: Kind, content: JsonObject, at: number | null = null): string {
    let out = start();
    // A call whose input is not whole yet may go on: some providers send several at once.
    for (const one of open) if (one.kind !== "tool" || one.native || isWhole(one)) out += close(one);
    const block: Block = { index: next++, kind, native: at !== null, input: "" };
    open.push(block);
    if (at !== null) natives.set(at, block);
    return out + event("content_block_start", { index: block.index, content_block: content });
  }

  function isWhole({ input }: Block): boolean {
    return input !== "" && parsedObject(input) !== null;
  }

  function delta(block: Block, its: JsonObject): string {
    return event("content_block_delta", { index: block.index, delta: its });
  }

  function close(block: Block | undefined): string {
    if (block === undefined || !open.includes(block)) return "";
    open = open.filter((one) => one !== block);
    return event("content_block_stop", { index: block.index });
  }

  function closeAll(): string {
    return [...open].map(close).join("");
  }

  // ── the message ──────────────────────────────────────────────────────────────────────────────────────────

  function start(): string {
    if (started) return "";
    started = true;
    const id = text(message["id"]) || options.fallbackId;
    const first = { type: "message", role: "assistant", ...message, id, model: options.model, content: [], stop_reason: null, stop_sequence: null };
    // Providers of other protocols count at the end; the count in `message_delta` is the one that holds.
    return event("message_start", { message: { ...first, usage: message["usage"] ?? { input_tokens: 0, output_tokens: 0 } } });
  }

  function end(its: JsonObject, totals: Totals): string {
    const total = totals.spliced || (usage === null && counted === null) ? usageOfTotals(totals) : (usage ?? usageOf(counted!));
    const { type: _, delta: __, usage: ___, ...rest } = ending;
    return event("message_delta", { ...rest, delta: its, usage: total });
  }

  function event(type: string, fields: JsonObject): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, ...defined(fields) })}\n\n`;
  }
}
