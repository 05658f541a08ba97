// A conversation that goes on from what the gateway remembers. What is recalled is put in its place before anything is read
// off the request, so that from there on it is a request that was sent whole; what was answered is kept before its client
// has the end of it.
import type { Incoming } from "../client.ts";
import type { History, Memory, OpenTurn } from "../surfaces/history.ts";
import { parseBody } from "./parse.ts";
import type { Surface } from "../surface.ts";

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
