// A response as server-sent events. In: the provider's events and what may go out of them. Out: the client's events. True
// of them: numbered in sequence, `response.created` first, every item added before its deltas and done behind them,
// `response.completed`, `incomplete` or `failed` once and last, one public model name.
//
// An answer in this protocol keeps its items as they come; any other one is put together from its parts. Nothing goes
// out before the first content, so that another target can still take over.
import type { Json } from "#contracts";
import type { Totals } from "../../../receipt/ledger.ts";
import type { Chunk, JsonObject, Part, Protocol } from "../../../stream/index.ts";
import { createHeldBack } from "../../answer/held-back.ts";
import { defined, isObject, object, objects, text } from "../../json.ts";
import type { Problem } from "../../problem.ts";
import { saidNow } from "../said.ts";
import { seal } from "../../answer/sealed.ts";
import type { EncoderOptions, Released, StreamEncoder, Watched } from "../../surface.ts";
import { callItem } from "./call-item.ts";
import { readInput, type InputReader } from "./input.ts";
import { createItem, SUMMARY, TEXT, THOUGHT, type Form, type Item } from "./items.ts";
import { errorOf, messageItem, responseOf, statusOf, usageOf, usageOfTotals, withoutText } from "./response.ts";
import { ownTools } from "./tools.ts";

type Governed = { readonly watched: Watched; readonly released: readonly Released[] };
/** `input` where its client knows a text in place of the arguments. */
type Call = { readonly item: Item; readonly input: InputReader | null };
type Begun = { readonly at: number; readonly template: JsonObject; form: Form; part: JsonObject | null };

export function createResponsesStreamEncoder(options: EncoderOptions): StreamEncoder {
  const suffix = options.fallbackId.replace(/^resp_/, "");
  let started = false;
  let sequence = 0;
  let provider: JsonObject = {};
  let counted: Extract<Part, { kind: "usage" }> | null = null;
  let finish: string | null = null;
  let ending: JsonObject = {};
  /** The items as the provider says them at the response's end, by their ids. */
  const outputs = new Map<Json | undefined, JsonObject>();
  let last = "";
  const items: Item[] = [];
  const waiting = createHeldBack();
  /** Items of this attempt by the provider's own count, of calls by their parts'. */
  let natives = new Map<number, Item>();
  let calls = new Map<number, Call>();
  /** A message or reasoning the provider has begun and that has said nothing yet. */
  let begun: Begun | null = null;
  /** A message that an attempt before this one left open: the text that goes on from it is text of the same message. */
  let resumed: Item | null = null;

  return {
    begin() {
      if (!started) provider = {};
      counted = null;
      finish = null;
      ending = {};
      outputs.clear();
      natives = new Map();
      calls = new Map();
      begun = null;
      waiting.drop();
      const latest = items.at(-1);
      resumed = latest?.done === null && latest.template["type"] === "message" ? latest : null;
    },

    chunk(chunk, watched, released) {
      for (const part of chunk.parts) {
        if (part.kind === "usage") counted = part;
        if (part.kind === "finish" && part.choice === 0) finish = part.reason;
      }
      const governed = { watched, released };
      return (chunk.protocol === "responses" ? takeNative(chunk, governed) : takeParts(chunk, governed)) + waiting.settle(watched.holdsText === true);
    },

    release: (released) => released.map(({ choice, channel, text: its }) => (choice === 0 ? say(channel === "text" ? TEXT : SUMMARY, its) : "")).join(""),

    finish(totals) {
      const out = waiting.settle(false) + start() + closeAll("completed");
      const { status, incomplete_details } = statusOf(finish);
      last = end(`response.${status}`, { ...ending, status, incomplete_details: ending["incomplete_details"] ?? incomplete_details, usage: usage(totals) });
      return out;
    },

    blocked(totals) {
      waiting.drop();
      const out = start() + closeAll("incomplete");
      last = end("response.incomplete", { status: "incomplete", incomplete_details: { reason: "content_filter" }, usage: usageOfTotals(totals) });
      return out;
    },

    error(problem: Problem) {
      // What was composed as the end is not sent, so its number is still free.
      if (last !== "") sequence--;
      return end("response.failed", { status: "failed", error: errorOf(problem) });
    },

    get done() {
      return last;
    },
  };

  // ── an answer of another protocol ────────────────────────────────────────────────────────────────────────

  function takeParts(chunk: Chunk, governed: Governed): string {
    const held = governed.watched.holdsText === true;
    const { protocol } = chunk;
    let out = speak(SUMMARY, saidNow(chunk, "reasoning", governed), held);
    // Reasoning that is watched was not looked at in this form.
    if (!governed.watched.reasoning) for (const part of chunk.parts) if (part.kind === "signature" && part.choice === 0) out += waiting.inOrder(held, () => sign(protocol, part));
    out += speak(TEXT, saidNow(chunk, "text", governed), held);
    for (const part of chunk.parts) if (part.kind === "tool" && part.choice === 0) out += waiting.inOrder(held, () => takeCall(part, protocol));
    return out;
  }

  /** Where it belongs: to the reasoning it follows, or an item that nobody else can read. Behind a text it has no place here. */
  function sign(protocol: Protocol, part: Extract<Part, { kind: "signature" }>): string {
    if (part.hidden) return openEncrypted(seal(protocol, "hidden", part));
    const item = items.at(-1);
    if (item?.template["type"] === "reasoning" && item.done === null) item.encrypt(seal(protocol, "text", part));
    return "";
  }

  function openEncrypted(encrypted_content: string): string {
    return open({ id: `rs_${suffix}_${items.length}`, type: "reasoning", summary: [], encrypted_content });
  }

  function takeCall(part: Extract<Part, { kind: "tool" }>, protocol: Protocol): string {
    let call = calls.get(part.index);
    let out = "";
    if (call === undefined) {
      const own = ownTools(options.body).get(part.name ?? "");
      if (part.signature !== undefined) out = openEncrypted(seal(protocol, "call", { signature: part.signature }));
      out += open(callItem(part, own, { suffix, at: items.length, status: "in_progress" }));
      call = { item: items.at(-1)!, input: own?.item === "custom_tool_call" && part.custom !== true ? readInput() : null };
      calls.set(part.index, call);
    }
    const { item, input } = call;
    if (part.arguments === "" || item.done !== null) return out;
    const its = input === null ? part.arguments : input.push(part.arguments);
    return its === "" ? out : out + item.give(its);
  }

  // ── an answer of this protocol ───────────────────────────────────────────────────────────────────────────

  function takeNative(chunk: Chunk, governed: Governed): string {
    const { raw } = chunk;
    const held = governed.watched.holdsText === true;
    const type = text(raw["type"]);
    const at = typeof raw["output_index"] === "number" ? raw["output_index"] : 0;
    switch (type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        if (!started) provider = withoutText(object(raw["response"]));
        return "";
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        return sayNative(chunk, governed) + endNative(object(raw["response"]));
      case "response.output_item.added":
        return waiting.inOrder(held, () => beginNative(at, object(raw["item"])));
      case "response.content_part.added":
      case "response.reasoning_summary_part.added":
        return waiting.inOrder(held, () => beginPart(at, object(raw["part"])));
      case "response.output_text.annotation.added":
        return waiting.inOrder(held, () => annotateNative(at, raw));
      case "response.function_call_arguments.delta":
        return waiting.inOrder(held, () => natives.get(at)?.give(text(raw["delta"]), furtherFields(raw, NOTHING)) ?? "");
      case "response.function_call_arguments.done":
        return waiting.inOrder(held, () => giveRest(at, text(raw["arguments"])));
      case "response.output_item.done":
        return sayNative(chunk, governed) + waiting.inOrder(held, () => closeNative(at, object(raw["item"])));
      default:
        if (TEXTS.test(type)) return sayNative(chunk, governed);
        return waiting.inOrder(held, () => passOn(type, at, raw));
    }
  }

  /** Its text goes out as text of the item that is begun, else of the one that spoke last. */
  function sayNative(chunk: Chunk, governed: Governed): string {
    const { raw } = chunk;
    const held = governed.watched.holdsText === true;
    const form = raw["type"] === "response.reasoning_text.delta" ? THOUGHT : SUMMARY;
    const more = furtherFields(raw, governed.watched);
    return speak(form, saidNow(chunk, "reasoning", governed), held, more) + speak(TEXT, saidNow(chunk, "text", governed), held, more);
  }

  function endNative(response: JsonObject): string {
    for (const item of objects(response["output"])) outputs.set(item["id"], item);
    const { output: _, model: __, usage: ___, status: ____, ...rest } = withoutText(response);
    ending = { ...rest, ...(isObject(response["usage"]) ? { usage: response["usage"] } : {}) };
    if (isObject(response["incomplete_details"])) finish ??= response["incomplete_details"]["reason"] === "content_filter" ? "content_filter" : "length";
    return "";
  }

  function beginNative(at: number, template: JsonObject): string {
    const { type } = template;
    if (type === "message" || type === "reasoning") {
      begun = { at, template, form: type === "message" ? TEXT : SUMMARY, part: null };
      return "";
    }
    return open(template, at);
  }

  function beginPart(at: number, part: JsonObject): string {
    const form = [TEXT, SUMMARY, THOUGHT].find((one) => one.type === part["type"]);
    if (form === undefined) return "";
    if (begun?.at === at) begun = { ...begun, form, part };
    else natives.get(at)?.begin(form, part);
    return "";
  }

  function annotateNative(at: number, raw: JsonObject): string {
    const item = natives.get(at);
    if (item === undefined || item.done !== null) return "";
    item.annotate(raw["annotation"] as Json);
    return emit(text(raw["type"]), { ...raw, output_index: item.index, item_id: item.template["id"] });
  }

  /** Arguments that came without deltas, or with fewer than there are. */
  function giveRest(at: number, whole: string): string {
    const item = natives.get(at);
    if (item === undefined || !whole.startsWith(item.arguments) || whole.length === item.arguments.length) return "";
    return item.give(whole.slice(item.arguments.length));
  }

  function closeNative(at: number, own: JsonObject): string {
    let out = "";
    if (begun?.at === at) {
      // It said nothing that goes out; reasoning that nobody can read is no less of an item.
      out = openBegun();
    }
    const item = natives.get(at);
    if (item === undefined) return out;
    if (own["type"] === "function_call") out += giveRest(at, text(own["arguments"]));
    return out + item.close({ ...own, id: item.template["id"] }, "completed");
  }

  /** An event of an item that this version does not know, as it came. */
  function passOn(type: string, at: number, raw: JsonObject): string {
    if (raw["output_index"] === undefined) return started ? emit(type, raw) : "";
    const item = natives.get(at);
    return item === undefined || item.done !== null ? "" : emit(type, { ...raw, output_index: item.index });
  }

  // ── items ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Text that is watched is never out of order: what comes behind it waits for it. */
  function speak(form: Form, its: string, held: boolean, more: JsonObject = {}): string {
    if (its === "") return "";
    return form === TEXT ? say(form, its, more) : waiting.inOrder(held, () => say(form, its, more));
  }

  function say(form: Form, its: string, more: JsonObject = {}): string {
    if (its === "") return "";
    let out = "";
    if (begun !== null && (begun.form === TEXT) === (form === TEXT)) out = openBegun();
    let item = items.at(-1);
    const type = form === TEXT ? "message" : "reasoning";
    if (item === undefined || item.done !== null || item.template["type"] !== type) {
      const id = `${form === TEXT ? "msg" : "rs"}_${suffix}_${items.length}`;
      out += open(form === TEXT ? messageItem(id) : { id, type, summary: [] });
      item = items.at(-1)!;
    }
    return out + item.say(form, its, more);
  }

  function openBegun(): string {
    const { at, template, form, part } = begun!;
    begun = null;
    const goesOn = resumed;
    resumed = null;
    if (goesOn !== null && form === TEXT && goesOn.done === null && items.at(-1) === goesOn) {
      natives.set(at, goesOn);
      return "";
    }
    const out = open(template, at);
    if (part !== null) items.at(-1)!.begin(form, part);
    return out;
  }

  function open(template: JsonObject, at: number | null = null): string {
    let out = start();
    // A call whose arguments are not whole yet may go on: some providers send several at once.
    const theirs = new Set(natives.values());
    const ours = items.filter((one) => one.done === null && !theirs.has(one));
    for (const one of ours) if (!mayGoOn(one)) out += one.close(null, "completed");
    const item = createItem(items.length, template, emit);
    items.push(item);
    if (at !== null) natives.set(at, item);
    return out + emit("response.output_item.added", { output_index: item.index, item: template });
  }

  function mayGoOn(item: Item): boolean {
    const { type } = item.template;
    if (type === "function_call" || type === "tool_search_call") return !item.isWhole;
    for (const call of calls.values()) if (call.item === item) return call.input !== null && !call.input.isWhole();
    return false;
  }

  function closeAll(status: "completed" | "incomplete"): string {
    return items.map((item) => item.close(null, status)).join("");
  }

  // ── the response ─────────────────────────────────────────────────────────────────────────────────────────

  function start(): string {
    if (started) return "";
    started = true;
    const response = responseOf(options, provider);
    return emit("response.created", { response }) + emit("response.in_progress", { response });
  }

  function end(type: string, its: JsonObject): string {
    const output = items.map((item) => item.last(outputs.get(item.template["id"]))).filter((item) => item !== null);
    return emit(type, { response: { ...responseOf(options, provider), completed_at: undefined, ...its, model: options.model, ...options.echo, output } });
  }

  function usage(totals: Totals): JsonObject {
    const own = ending["usage"];
    if (totals.spliced) return usageOfTotals(totals);
    return isObject(own) ? own : counted === null ? usageOfTotals(totals) : usageOf(counted);
  }

  function emit(type: string, fields: JsonObject): string {
    const { sequence_number: _, type: __, ...rest } = fields;
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...defined(rest) })}\n\n`;
  }
}

const NOTHING: Watched = { text: false, reasoning: false };

/** Events that say or end the text of a part: ours are composed from what may go out. */
const TEXTS = /^response\.(output_text|reasoning_summary_text|reasoning_text|content_part|reasoning_summary_part)\.(delta|done)$/;

/** Fields of a delta that nobody has heard of; those that spell the text out again go only where nobody watches it. */
function furtherFields(raw: JsonObject, watched: Watched): JsonObject {
  const { type, delta: _, item_id: __, output_index: ___, content_index: ____, summary_index: _____, sequence_number: ______, ...more } = raw;
  return !text(type).endsWith(".delta") || watched.text || watched.reasoning ? {} : more;
}
