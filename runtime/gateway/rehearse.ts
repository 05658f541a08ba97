// A request that is played through without a network and without time: the story of a live one from the plan on, with
// upstreams that follow a script. In: facts, and what each attempt is to hear. Out: the receipt, and what the client got.
//
//   facts ─▶ answerRequest (story.ts) ─▶ scripts instead of providers, a virtual clock ─▶ receipt, text
import type { Json, MockStep, Receipt, RequestFacts, Target } from "#contracts";
import { createAttempts, type Upstream, type UpstreamStart } from "../attempt/index.ts";
import { createChatReader } from "../attempt/chat-wire.ts";
import { mock } from "../attempt/providers/mock.ts";
import type { Loaded } from "../load.ts";
import { UNWATCHED } from "../operation/watch.ts";
import { CALLER_FACTS, factsOf, type DrawKeys } from "../plan/index.ts";
import type { ReceiptStore } from "../receipt/store.ts";
import type { JsonObject } from "../stream/index.ts";
import type { Caller } from "./request/caller.ts";
import { chat } from "./surfaces/chat/index.ts";
import type { Client, ClientEvents } from "./client.ts";
import type { World } from "./job.ts";
import { matchersOf } from "./answer/matchers.ts";
import { INTERNAL } from "./problem.ts";
import { answerRequest, type Readable } from "./story.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** What an attempt on a target hears, the first one being 0; null where nothing was written for it, which ends the request. */
export type ScriptOf = (target: Target, nth: number) => readonly MockStep[] | null;

export type Rehearsal = {
  /** `model` is a public name. What is not said is 0, false, empty or absent, unless the messages tell it. */
  readonly request: RequestFacts & { readonly model: string };
  /** The conversation, as chat messages; null where the facts are all that is known of it. */
  readonly messages: readonly JsonObject[] | null;
  /** What alloys are drawn by; null draws by the session, as for any request. */
  readonly key: string | null;
  readonly script: ScriptOf;
};

export type Rehearsed = {
  readonly receipt: Receipt;
  /** What its alloys were drawn by. */
  readonly keys: DrawKeys;
  /** What the client has of the first choice. */
  readonly text: string;
  readonly reasoning: string;
  readonly tools: readonly { readonly name: string; readonly arguments: string }[];
  /** The target of an attempt that had no script; the request was ended there. */
  readonly unscripted: Target | null;
};

export type Rehearse = (rehearsal: Rehearsal) => Promise<Rehearsed>;

/** Rehearsals share nothing but the bundle: breakers, limits and the clock begin anew with each. */
export function rehearsals(loaded: Loaded): Rehearse {
  const matchers = matchersOf(loaded);
  return async (rehearsal) => {
    const clock = createVirtualClock();
    const stage = openStage();
    let receipt: Receipt | null = null;
    const world: World = {
      loaded,
      clock,
      chance: { next: () => 0.5, id: () => "test" },
      store: storing((one) => (receipt = one)),
      startAttempt: createAttempts({ start: scripted(rehearsal.script, clock, stage.leave), clock }),
      matchersOf: matchers,
      durability: "strict",
      onStoreFailure: "refuse",
      health: { storeFailing: false },
      watch: UNWATCHED,
      traced: false,
      callers: null,
      memory: null,
      work: new Set(),
    };
    const asked = readable(loaded, rehearsal);
    await played(answerRequest(world, chat, { ...asked, client: stage.client }), clock);
    if (receipt === null || (receipt as Receipt).error?.code === INTERNAL.code) throw new Error("the gateway failed while a request was rehearsed");
    return { receipt, keys: asked.keys, ...takeApart(stage.written()), unscripted: stage.left() };
  };
}

/** Runs until the request is over; whenever all of it waits, time goes on. */
async function played(story: Promise<void>, clock: VirtualClock): Promise<void> {
  let over = false;
  const end = story.finally(() => (over = true));
  for (;;) {
    // Everything that can happen now has happened when the event loop comes round.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (over) return end;
    if (!clock.skip()) throw new Error("a rehearsed request waits for something that never comes");
  }
}

// ── the request ──────────────────────────────────────────────────────────────────────────────────────────────

const REQUEST_ID = "req_test";

function readable(loaded: Loaded, { request: said, messages, key }: Rehearsal): Omit<Readable, "client"> {
  const body = bodyOf(said, messages);
  const model = loaded.modelNamed(said.model);
  const read = chat.read(body);
  if (model === null || read.kind === "problem") throw new Error(`a request for \`${said.model}\` cannot be rehearsed`);
  const request: RequestFacts = { ...(messages === null ? {} : chat.facts(body)), ...said, model: model.name };
  const facts = factsOf(loaded, request);
  if (!facts.ok) throw new Error(`the facts of a rehearsal are wrong: ${facts.problem.message}`);
  return { requestId: REQUEST_ID, rollout: null, trail: null, keys: drawKeysOf({ request: said, key }), read: { kind: "request", asked: read.asked, key: null, model, caller: callerOf(request), request, facts: facts.facts } };
}

export function drawKeysOf({ request, key }: Pick<Rehearsal, "request" | "key">): DrawKeys {
  return key === null ? { request: REQUEST_ID, session: request.caller?.session ?? null } : { fixed: key };
}

/** A body that asks for what the facts say, as far as a body can. */
function bodyOf({ model, stream = false, output = 0, needs = [] }: Rehearsal["request"], messages: Rehearsal["messages"]): JsonObject {
  const format = needs.includes("json_schema") ? { type: "json_schema", json_schema: { name: "answer", schema: {} } } : needs.includes("json") ? { type: "json_object" } : null;
  return {
    model,
    messages: (messages ?? [{ role: "user", content: "…" }]) as readonly Json[],
    stream,
    ...(output > 0 ? { max_completion_tokens: output } : {}),
    ...(needs.includes("tools") ? { tools: [{ type: "function", function: { name: "any" } }] } : {}),
    ...(format === null ? {} : { response_format: format }),
  };
}

function callerOf({ caller = {} }: RequestFacts): Caller {
  return Object.fromEntries(CALLER_FACTS.flatMap((name) => (caller[name] === undefined ? [] : [[name, { value: caller[name], source: "header" as const }]])));
}

// ── the upstreams ────────────────────────────────────────────────────────────────────────────────────────────

function scripted(script: ScriptOf, clock: VirtualClock, leave: (target: Target) => void): UpstreamStart {
  return (call, sink) => {
    const steps = script(call.target, call.nth);
    if (steps === null) {
      queueMicrotask(() => leave(call.target));
      return SILENT;
    }
    const provider = mock.open({ provider: call.provider, base: null, key: null, headers: [] }, clock);
    return provider.start({ ...call, target: { ...call.target, replies: [steps] } }, {
      ...sink,
      // Nobody counts the tokens of a script: the gateway's own estimate, from the facts, is what its cost is made of.
      chunk: ({ protocol, raw, parts }) => sink.chunk({ protocol, raw, parts: parts.filter((part) => part.kind !== "usage") }),
    });
  };
}

const SILENT: Upstream = { abort() {}, pause() {}, resume() {} };

// ── the client ───────────────────────────────────────────────────────────────────────────────────────────────

function openStage() {
  let events: ClientEvents | null = null;
  let text = "";
  let left: Target | null = null;
  const client: Client = {
    open() {},
    write: (more) => void (text += more),
    end() {},
    abandon() {},
    listen: (to) => void (events = to),
  };
  return {
    client,
    written: () => text,
    left: () => left,
    /** The client goes: nothing else ends a request so surely wherever it is. */
    leave(target: Target): void {
      left ??= target;
      events?.gone();
    },
  };
}

function takeApart(written: string): Pick<Rehearsed, "text" | "reasoning" | "tools"> {
  const events = written.startsWith("data: ") ? written.split("\n\n").map((event) => event.slice("data: ".length)) : [written];
  const reader = createChatReader();
  const calls = new Map<number, { name: string; arguments: string }>();
  let text = "";
  let reasoning = "";
  for (const event of events) {
    if (event === "" || event === "[DONE]") continue;
    for (const part of reader.read(JSON.parse(event) as JsonObject)) {
      if (!("choice" in part) || part.choice !== 0) continue;
      if (part.kind === "text") text += part.text;
      if (part.kind === "reasoning") reasoning += part.text;
      if (part.kind !== "tool") continue;
      const call = calls.get(part.index) ?? { name: "", arguments: "" };
      calls.set(part.index, { name: call.name + (part.name ?? ""), arguments: call.arguments + part.arguments });
    }
  }
  return { text, reasoning, tools: [...calls.values()] };
}

function storing(take: (receipt: Receipt) => void): ReceiptStore {
  return {
    append: async (receipt) => take(receipt),
    get: async () => null,
    list: async () => ({ receipts: [], next: null }),
    close: async () => undefined,
  };
}
