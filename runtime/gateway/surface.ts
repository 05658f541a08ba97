// The seam between the story of a request and one protocol clients speak. The story knows of choices, channels and text;
// a surface knows what they look like on its wire. They live in surfaces/, a folder each; what several of
// them need lies beside these folders.
import type { Receipt } from "#contracts";
import type { ChatFacts } from "../plan/index.ts";
import type { Totals } from "../receipt/ledger.ts";
import type { Chunk, JsonObject, Protocol } from "../stream/part.ts";
import type { Added } from "./surfaces/added.ts";
import type { History, OpenTurn } from "./surfaces/history.ts";
import type { Problem } from "./problem.ts";

/** What the story must know of a request's body. The body itself goes on as it came. */
export type Asked = {
  readonly body: JsonObject;
  readonly model: string;
  readonly stream: boolean;
  /** How many answers are asked for at once. */
  readonly choices: number;
  /** The answer must be JSON, so it cannot be asked to go on in another turn. */
  readonly json: boolean;
  readonly wantsUsage: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** The headers of the request that its surface `carries`. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** What the answer is kept as, for a request that goes on from it. */
  readonly turn?: OpenTurn;
};

export type Read = { readonly kind: "asked"; readonly asked: Asked } | { readonly kind: "problem"; readonly problem: Problem };

export type Channel = "text" | "reasoning";
/**
 * Channels whose text goes out only as `Released` says. `holdsText`: some of the text so far is still held back, so what
 * comes behind it in the answer has to wait where the protocol keeps an order.
 */
export type Watched = { readonly text: boolean; readonly reasoning: boolean; readonly holdsText?: boolean };
export type Released = { readonly choice: number; readonly channel: Channel; readonly text: string };

/** `fallbackId` names the answer where the provider does not; `body` is the client's own; `echo` is said of its history. */
export type EncoderOptions = { readonly model: string; readonly body: JsonObject; readonly wantsUsage: boolean; readonly fallbackId: string; readonly now: number; readonly echo?: JsonObject };

/**
 * Every method answers the text to write, "" where nothing is to be written yet. True at any moment: what was answered
 * so far followed by `error` is a failed answer, followed by `finish` or `blocked` and `done` a whole one.
 */
export type StreamEncoder = {
  /** An attempt begins: what was kept of the one before and not written is dropped. */
  begin(): void;
  /** One event of the provider, with what may go out of its watched channels. */
  chunk(chunk: Chunk, watched: Watched, released: readonly Released[]): string;
  /** Text that became free without an event. */
  release(released: readonly Released[]): string;
  /** The answer's end as the provider told it. */
  finish(totals: Totals): string;
  /** An end by policy, in the protocol's own terms; `why` where it has a place for that. */
  blocked(totals: Totals, why: string): string;
  error(problem: Problem): string;
  readonly done: string;
};

/** What may go out of a whole answer. */
export type Edit = { readonly watched: Watched; readonly released: readonly Released[]; readonly options: EncoderOptions };

/** `kept` is what the client already has of the answer, "" where it has nothing. */
export type Again = { readonly reminders: readonly string[]; readonly kept: string; readonly continues: "prefix" | "instruction" };

export type Surface = {
  readonly name: Receipt["surface"];
  /** Of its requests and of the answers it edits as they come; an answer of another protocol it composes from the parts. */
  readonly protocol: Protocol;
  /** Headers that say something of the body, and go with it to a provider of the same protocol. */
  readonly carries: readonly string[];
  /** The field of its requests that holds what the model is to read. */
  readonly prompt: "messages" | "input";
  /** What ids of answers begin with. */
  readonly idPrefix: string;
  read(body: JsonObject): Read;
  facts(body: JsonObject): ChatFacts;
  /** What its conversation began with, the same at every turn; null where it has none. */
  opening(body: JsonObject): string | null;
  streamEncoder(options: EncoderOptions): StreamEncoder;
  /** A whole answer. */
  whole(chunk: Chunk, edit: Edit): string;
  /** The request again, with reminders, and asked to go on from what was kept. */
  again(body: JsonObject, how: Again): JsonObject;
  /** The request in chat, for a provider that does not speak this surface's protocol. */
  toChat(body: JsonObject): JsonObject;
  /** The request with what rules put before and behind the prompt. */
  add(body: JsonObject, added: Added): JsonObject;
  /** The text that `again` adds, for an estimate of what it costs. */
  added(how: Again): string;
  /** What a client gets that gets no answer. */
  envelope(problem: Problem): unknown;
  /** For a protocol whose requests may leave their history out. */
  readonly history?: History;
};
