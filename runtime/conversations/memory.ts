// Conversations in this process. A turn is kept as text, its own items alone, with a link to the one before: what it
// costs is what it says, and a conversation costs no more than its turns, also where a client sends all of it each time.
//
// Over the limit, the least recently used goes of whoever has most, so that nobody can make others' conversations go.
// Using a turn uses all it goes on from; a turn that goes takes along those that go on from it, which nobody could tell
// any more.
import type { Json } from "#contracts";
import type { Clock } from "../ports.ts";
import type { Conversations, Recalled, Turn, Wanted } from "./conversations.ts";

export const DEFAULT_CONVERSATIONS = 64 * 1024 * 1024;

export type MemoryConversationsOptions = {
  readonly clock: Pick<Clock, "elapsed" | "after">;
  /** Bytes of all turns. */
  readonly most?: number;
  /** Milliseconds after its last use for which a turn is kept. */
  readonly life?: number;
};

/** A working day: somebody who comes back from lunch goes on where they were. */
const LIFE = 8 * 60 * 60 * 1000;
/** How often what is over is looked for, in a life. Nobody can recall it meanwhile. */
const SWEEPS = 8;
/** What a turn and an item cost beside their text, about. */
const TURN = 512;
const ITEM = 128;

type Kept = {
  readonly id: string;
  readonly previous: Kept | null;
  /** Those that go on from it. */
  readonly next: Set<Kept>;
  /** What was said in it, as JSON, item by item; null where two answers have its id, so that it names neither. */
  readonly items: readonly string[] | null;
  readonly names: readonly string[];
  /** Of its items alone, and of all it costs. */
  readonly said: number;
  readonly bytes: number;
  used: number;
  /** Of the same owner, used just before and just after it. */
  older: Kept | null;
  newer: Kept | null;
};

/**
 * `oldest` is what was used longest ago: a list of its own, as a map whose first entries go is slow to find the next. Two
 * items of one name are told apart by nobody, so `at` is null then.
 */
type Owned = { bytes: number; oldest: Kept | null; newest: Kept | null; readonly turns: Map<string, Kept>; readonly items: Map<string, { readonly turn: Kept; readonly at: number | null }> };

export function createMemoryConversations({ clock, most = DEFAULT_CONVERSATIONS, life = LIFE }: MemoryConversationsOptions): Conversations {
  const owners = new Map<string, Owned>();
  let bytes = 0;
  let turns = 0;
  let stopSweep: (() => void) | null = null;

  return {
    size: () => ({ turns, bytes }),
    recall: (owner, wanted) => Promise.resolve(recall(owners.get(owner), wanted)),
    keep(owner, turn) {
      keep(owner, turn);
      while (bytes > most) drop(...oldestOfLargest());
      stopSweep ??= bytes === 0 ? null : clock.after(life / SWEEPS, sweep);
      return Promise.resolve();
    },
    close() {
      stopSweep?.();
      stopSweep = null;
      owners.clear();
      bytes = 0;
      turns = 0;
      return Promise.resolve();
    },
  };

  // ── recall ───────────────────────────────────────────────────────────────────────────────────────────────

  function recall(owned: Owned | undefined, { response, items, most: room }: Wanted): Recalled {
    const last = response === null ? null : alive(owned?.turns.get(response));
    if (last === undefined) return { kind: "unknown", what: "response", id: response! };
    const turns = chainOf(last);
    let size = 0;
    for (const turn of turns) size += turn.said;
    if (size > room) return { kind: "too large" };

    const told = new Map<string, { readonly item: Json; readonly size: number }>();
    const asked: Json[] = [];
    const used = new Set(turns);
    for (const id of items) {
      let its = told.get(id);
      if (its === undefined) {
        const found = owned?.items.get(id);
        const turn = alive(found?.turn);
        const at = found?.at ?? null;
        if (turn === undefined || at === null) return { kind: "unknown", what: "item", id };
        const text = turn.items![at]!;
        told.set(id, (its = { item: JSON.parse(text) as Json, size: bytesOf(text) }));
        for (const one of chainOf(turn)) used.add(one);
      }
      if ((size += its.size) > room) return { kind: "too large" };
      asked.push(its.item);
    }
    if (owned !== undefined) use(owned, used);
    return { kind: "recalled", history: turns.flatMap((turn) => turn.items!.map((item) => JSON.parse(item) as Json)), items: asked };
  }

  /** What it goes on from was used whenever it was, so it is alive as well. */
  function alive(turn: Kept | undefined): Kept | undefined {
    return turn === undefined || turn.items === null || turn.used <= clock.elapsed() - life ? undefined : turn;
  }

  /** Oldest first. */
  function chainOf(last: Kept | null): Kept[] {
    const turns: Kept[] = [];
    for (let turn = last; turn !== null; turn = turn.previous) turns.push(turn);
    return turns.toReversed();
  }

  function use(owned: Owned, turns: Iterable<Kept>): void {
    const now = clock.elapsed();
    for (const turn of turns) {
      turn.used = now;
      unlink(owned, turn);
      link(owned, turn);
    }
  }

  // ── keep ─────────────────────────────────────────────────────────────────────────────────────────────────

  function keep(owner: string, { id, previous, input, output }: Turn): void {
    let owned = owners.get(owner);
    const twice = owned?.turns.get(id);
    if (owned !== undefined && twice !== undefined) {
      // Whoever has this id may mean either answer: it names none of them from here on.
      drop(owner, owned, twice);
      return add(owner, { id, previous: null, next: new Set(), items: null, names: [], said: 0, bytes: TURN + id.length, used: clock.elapsed(), older: null, newer: null });
    }
    const named = previous === null ? null : owned?.turns.get(previous);
    // What it goes on from went meanwhile.
    if (named === undefined || named?.items === null) return;
    const texts = input.map((item) => JSON.stringify(item));
    const before = named ?? begunWith(owned, input, texts);
    const items = [...texts.slice(named === null ? lengthOf(before) : 0), ...output.map((item) => JSON.stringify(item))];
    const answered = items.length - output.length;
    const names = output.map((item) => nameOf(item));
    let said = 0;
    for (const item of items) said += bytesOf(item);
    let size = TURN + id.length + said + ITEM * items.length;
    for (const name of names) if (name !== "") size += ITEM + name.length;
    if (size > most) return;
    const turn: Kept = { id, previous: before, next: new Set(), items, names, said, bytes: size, used: clock.elapsed(), older: null, newer: null };
    add(owner, turn);
    before?.next.add(turn);
    owned = owners.get(owner)!;
    for (const [at, name] of names.entries()) if (name !== "") owned.items.set(name, { turn, at: owned.items.has(name) ? null : answered + at });
    if (before !== null) use(owned, [...chainOf(before), turn]);
  }

  /** Who sends all of the history, or names it item by item, goes on from the turn that the last answer in it belongs to. */
  function begunWith(owned: Owned | undefined, input: readonly Json[], texts: readonly string[]): Kept | null {
    const last = input.findLast((item) => owned?.items.has(nameOf(item)) === true);
    const turn = last === undefined ? undefined : alive(owned!.items.get(nameOf(last))!.turn);
    if (turn === undefined) return null;
    let at = 0;
    for (const one of chainOf(turn)) for (const text of one.items!) if (texts[at++] !== text) return null;
    return turn;
  }

  function lengthOf(turn: Kept | null): number {
    let length = 0;
    for (const one of chainOf(turn)) length += one.items!.length;
    return length;
  }

  function add(owner: string, turn: Kept): void {
    let owned = owners.get(owner);
    if (owned === undefined) owners.set(owner, (owned = { bytes: 0, oldest: null, newest: null, turns: new Map(), items: new Map() }));
    owned.turns.set(turn.id, turn);
    link(owned, turn);
    owned.bytes += turn.bytes;
    bytes += turn.bytes;
    turns += 1;
  }

  // ── forget ───────────────────────────────────────────────────────────────────────────────────────────────

  function drop(owner: string, owned: Owned, first: Kept): void {
    first.previous?.next.delete(first);
    const going = [first];
    for (let turn = going.pop(); turn !== undefined; turn = going.pop()) {
      going.push(...turn.next);
      owned.turns.delete(turn.id);
      unlink(owned, turn);
      for (const name of turn.names) if (owned.items.get(name)?.turn === turn) owned.items.delete(name);
      owned.bytes -= turn.bytes;
      bytes -= turn.bytes;
      turns -= 1;
    }
    if (owned.turns.size === 0) owners.delete(owner);
  }

  function oldestOfLargest(): [owner: string, owned: Owned, turn: Kept] {
    let largest: [string, Owned] | null = null;
    for (const one of owners) if (largest === null || one[1].bytes > largest[1].bytes) largest = one;
    const [owner, owned] = largest!;
    return [owner, owned, owned.oldest!];
  }

  /** So that nothing outlives its time where no request comes to see to it. */
  function sweep(): void {
    const since = clock.elapsed() - life;
    for (const [owner, owned] of owners) {
      while (owned.oldest !== null && owned.oldest.used <= since) drop(owner, owned, owned.oldest);
    }
    stopSweep = owners.size === 0 ? null : clock.after(life / SWEEPS, sweep);
  }
}

function link(owned: Owned, turn: Kept): void {
  turn.older = owned.newest;
  if (owned.newest === null) owned.oldest = turn;
  else owned.newest.newer = turn;
  owned.newest = turn;
}

function unlink(owned: Owned, turn: Kept): void {
  if (turn.older === null) owned.oldest = turn.newer;
  else turn.older.newer = turn.newer;
  if (turn.newer === null) owned.newest = turn.older;
  else turn.newer.older = turn.older;
  turn.older = turn.newer = null;
}

function nameOf(item: Json): string {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : "";
  return typeof id === "string" ? id : "";
}

/** What the platform keeps of a text: a byte a character, or two where one is beyond Latin-1. */
function bytesOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- the range begins where Unicode does
  return /^[\u0000-\u00ff]*$/.test(text) ? text.length : 2 * text.length;
}
