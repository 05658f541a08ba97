// A conversation that goes on from what the gateway remembers: the seam between the story and a surface whose requests
// may leave their history out. What is recalled stands in front of what came before anything is read off the request, so
// that from there on it is a request that was sent whole.
import type { Conversations } from "../conversations/index.ts";
import type { JsonObject } from "../stream/index.ts";
import type { Incoming } from "./client.ts";
import { parseBody } from "./parse.ts";
import type { Surface } from "./surface.ts";
import type { Problem } from "./problem.ts";
import type { Json } from "#contracts";

/** `longest` is how many bytes a request may have together with what it leaves out. */
export type Memory = { readonly conversations: Conversations; readonly longest: number };

/** Whose turn it is that is asked for, to be kept when it is answered. */
export type OpenTurn = {
  readonly owner: string;
  readonly previous: string | null;
  /** What the client said itself. */
  readonly input: readonly Json[];
  /** Fields of the answer that say what became of it. */
  readonly echo: JsonObject;
  /** Its answer is kept. */
  readonly kept: boolean;
};

export type Recalling = { readonly memory: Memory | null; readonly owner: string; readonly bytes: number };
export type Told = { readonly kind: "body"; readonly body: JsonObject; readonly turn: OpenTurn } | { readonly kind: "problem"; readonly problem: Problem };

export type History = {
  /** The request with what it leaves out, or why it cannot be told. */
  tell(body: JsonObject, recalling: Recalling): Promise<Told>;
  /** The answer by the last words its client gets. */
  answered(last: string): { readonly id: string; readonly output: readonly Json[] } | null;
};

/** What came, with what it leaves out. */
export async function tellHistory(history: History, memory: Memory | null, incoming: Incoming): Promise<Incoming> {
  const came = parseBody(incoming.body);
  const told = came.kind === "problem" ? came : await history.tell(came.body, { memory, owner: ownerOf(incoming), bytes: incoming.body.byteLength });
  return { ...incoming, told };
}

/** Keeps the answer that `last` ends, before the client has that: it may go on from it at once. */
export async function keepTurn({ history }: Surface, memory: Memory | null, { turn, last }: { readonly turn: OpenTurn | undefined; readonly last: () => string }): Promise<void> {
  if (memory === null || turn?.kept !== true) return;
  const answered = history?.answered(last()) ?? null;
  if (answered === null) return;
  // Where it cannot be kept the answer is as good as any; a request that goes on from it hears that it is not there.
  await memory.conversations.keep(turn.owner, { ...answered, previous: turn.previous, input: turn.input }).catch(() => undefined);
}

/** Without keys there is nobody to tell apart; a key's id never is this. */
function ownerOf({ key }: Incoming): string {
  return key === null ? "" : key.id;
}
