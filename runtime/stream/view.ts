// A lazy DFA over the nodes of an automaton for the rules that are active. A state is made when a text first reaches it;
// when there are too many all are forgotten and made again, so memory is bounded whatever the text. Every stream shares
// it; a stream itself keeps only its current state.
//
// The table's entries carry two bits beside the next state, so that an ordinary character costs one lookup:
//
//   table[state + class] = next state | IDLE | NOTED, or -1 where it was never needed
import { ANY } from "./context.ts";
import { aliveFor, classOf, type Tables } from "./tables.ts";

/** No match is under way. */
export const IDLE = 1;
/** A match is decided here, or the next character decides one. */
export const NOTED = 2;

export type State = {
  readonly generation: number;
  /** Where its row begins. */
  readonly row: number;
  readonly flags: number;
  readonly nodes: readonly number[];
  /** The context behind which a match may begin here; 0 where none may. */
  readonly before: number;
  /** Rules (their places) a match of which ends here, whatever follows. */
  readonly accepts: readonly number[];
  /** Rules a match of which ends here if the next character's context is in the mask. */
  readonly pending: readonly (readonly [rule: number, mask: number])[];
  /** No match under way is longer, in characters; 0 where none is. */
  readonly depth: number;
};

/** What a stream keeps: `idle` and `safe` are offsets (see `scan`). */
export type Cursor = {
  state: State;
  /** Where no match was under way last. */
  idle: number;
  /** No match under way began before: what stands there is decided for good. */
  safe: number;
  /** Offsets of the characters beyond U+FFFF since `idle`, which are two units long. */
  wide: number[];
};

export type Scan = {
  /** The offset of the text's first unit. */
  readonly base: number;
  readonly from: number;
  readonly to: number;
  /** Stop where no match is under way. */
  readonly stopAtIdle: boolean;
};

export type View = {
  /** Before any character, behind one of this context. */
  start(context: number): State;
  /**
   * Reads text[from, to) and stops behind the first character with something to note. `cursor.idle` and `cursor.safe`
   * are then as before that character: what is noted comes first. Returns where it stopped.
   */
  scan(cursor: Cursor, text: string, range: Scan): number;
  /** One character of a class; the state after it, which has no nodes where nothing is left of an anchored match. */
  step(state: State, oneClass: number): State;
};

/** States kept at a time, entries of their table (a state takes one row of as many as there are classes), and nodes of all of them. */
const MOST_STATES = 8192;
const MOST_ENTRIES = 1 << 21;
const MOST_NODES = 1 << 19;
const FEWEST_STATES = 256;
/** Nodes from which on a list is not sorted by comparing. */
const LONG = 32;
const UNKNOWN = -1;
const FOREVER = 0x3fffffff;

/** `search`: a match may begin anywhere; `anchored`: only with the first character read. */
export type Kind = "search" | "anchored";

export function createView(tables: Tables, kind: Kind, rules: readonly number[]): View {
  const { automaton, members, classes } = tables;
  const { nodes, contexts } = automaton;
  const active = new Set(rules);
  const alive = aliveFor(tables, active);
  const stands = sameBefore(tables, alive);
  // A row has a place for the depth behind its classes, and begins at a multiple of four to leave room for the flags.
  const width = contexts.length;
  const stride = (width + 4) & ~3;
  const mostStates = Math.max(FEWEST_STATES, Math.min(MOST_STATES, Math.floor(MOST_ENTRIES / stride)));
  // What a new state asks of each of its nodes, asked once: in a pattern that counts nearly every character makes a state.
  const follow = nodes.map((node, at) => (alive[at] === 1 ? node.follow.filter((one) => alive[one] === 1) : []));
  const accepts = nodes.map((node) => node.accept.filter(([rule]) => active.has(rule)));
  const depths = nodes.map((_, at) => (follow[at]!.length > 0 || accepts[at]!.some(([, mask]) => mask !== ANY) ? tables.depth[at]! : 0));
  const sets = Int32Array.from(nodes, (node) => node.set);
  const stamps = new Int32Array(nodes.length);
  let stamp = 0;
  let generation = 0;
  let keptNodes = 0;
  let states: State[] = [];
  let byKey = new Map<string, State>();
  let table = new Int32Array(0);

  return { start, scan, step };

  function start(context: number): State {
    return intern([], stands[context]!);
  }

  function scan(cursor: Cursor, text: string, { base, from, to, stopAtIdle }: Scan): number {
    let current = fresh(cursor.state).row;
    let rows = table;
    let { idle, safe } = cursor;
    let at = from;
    let noted = false;
    while (at < to) {
      const unit = text.charCodeAt(at++);
      let oneClass = classes[unit]!;
      if ((unit & 0xfc00) === 0xd800 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00) {
        cursor.wide.push(base + at - 1);
        oneClass = classOf(tables, text.codePointAt(at - 1)!);
        at++;
      }
      let next = rows[current + oneClass]!;
      if (next < 0) {
        next = compute(states[current / stride]!, oneClass);
        rows = table;
      }
      current = next & ~3;
      if ((next & NOTED) !== 0 || (stopAtIdle && (next & IDLE) !== 0)) {
        noted = true;
        break;
      }
      if ((next & IDLE) !== 0) idle = base + at;
      else {
        const depth = rows[current + width]!;
        if (base + at - depth > safe) safe = Math.max(safe, cursor.wide.length === 0 ? base + at - depth : back(cursor.wide, base + at, depth));
      }
    }
    if (idle > cursor.idle) {
      cursor.idle = idle;
      cursor.wide = cursor.wide.filter((offset) => offset >= idle);
    }
    cursor.safe = Math.max(safe, cursor.idle);
    cursor.state = states[current / stride]!;
    if (!noted) commit(cursor, base + at);
    return at;
  }

  function step(state: State, oneClass: number): State {
    const now = fresh(state);
    let next = table[now.row + oneClass]!;
    if (next < 0) next = compute(now, oneClass);
    return states[(next & ~3) / stride]!;
  }

  /** A state that was forgotten is made again, so that a stream that waited holds no old table. */
  function fresh(state: State): State {
    return state.generation === generation ? state : intern(state.nodes, state.before);
  }

  function compute(state: State, oneClass: number): number {
    const next: number[] = [];
    stamp++;
    for (const node of state.nodes) {
      for (const one of follow[node]!) {
        if (stamps[one] === stamp || members[sets[one]!]![oneClass] === 0) continue;
        stamps[one] = stamp;
        next.push(one);
      }
    }
    if (state.before !== 0) {
      for (const one of tables.starts[oneClass]!) {
        if (stamps[one] === stamp || alive[one] === 0 || (nodes[one]!.start & state.before) === 0) continue;
        stamps[one] = stamp;
        next.push(one);
      }
    }
    const before = kind === "search" ? stands[contexts[oneClass]!]! : 0;
    const asked = generation;
    const reached = intern(ordered(next), before);
    const entry = reached.row | reached.flags;
    if (asked === generation) table[state.row + oneClass] = entry;
    return entry;
  }

  /** Ascending. A long list is read off the stamps, which are in that order. */
  function ordered(list: number[]): readonly number[] {
    if (list.length < LONG || list.length * 8 < nodes.length) return list.sort(ascending);
    let at = 0;
    for (let node = 0; at < list.length; node++) if (stamps[node] === stamp) list[at++] = node;
    return list;
  }

  function intern(list: readonly number[], before: number): State {
    const key = keyOf(list, before);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    if (states.length >= mostStates || (states.length >= FEWEST_STATES && keptNodes + list.length > MOST_NODES)) {
      generation++;
      keptNodes = 0;
      states = [];
      byKey = new Map();
      table = new Int32Array(0);
    }
    const row = states.length * stride;
    if (row + stride > table.length) grow();
    const state = describe(list, before, row);
    states.push(state);
    keptNodes += list.length;
    table[row + width] = state.depth === Infinity ? FOREVER : state.depth;
    byKey.set(key, state);
    return state;
  }

  function describe(list: readonly number[], before: number, row: number): State {
    const masks = new Map<number, number>();
    let depth = 0;
    for (const node of list) {
      for (const [rule, mask] of accepts[node]!) masks.set(rule, (masks.get(rule) ?? 0) | mask);
      // Also where another node makes the match certain: where it begins may still hang on the next character.
      depth = Math.max(depth, depths[node]!);
    }
    const certain: number[] = [];
    const pending: [number, number][] = [];
    for (const [rule, mask] of [...masks].sort(([a], [b]) => a - b)) {
      if (mask === ANY) certain.push(rule);
      else pending.push([rule, mask]);
    }
    const flags = (depth === 0 ? IDLE : 0) | (masks.size > 0 ? NOTED : 0);
    return { generation, row, flags, nodes: list, before, accepts: certain, pending, depth };
  }

  function grow(): void {
    const most = mostStates * stride;
    const wider = new Int32Array(Math.min(most, Math.max(16 * stride, table.length * 2))).fill(UNKNOWN);
    wider.set(table);
    table = wider;
  }
}

/** Contexts that every start treats alike are one, so that a state is not made once for each. */
function sameBefore({ automaton }: Tables, alive: Uint8Array): readonly number[] {
  const stands: number[] = [];
  const byMarks = new Map<string, number>();
  for (const context of [1, 2, 4, 8, 16]) {
    const marks = automaton.nodes.map((node, at) => (alive[at] === 1 && node.start !== 0 ? ((node.start & context) === 0 ? "0" : "1") : "")).join("");
    const known = byMarks.get(marks) ?? context;
    byMarks.set(marks, known);
    stands[context] = known;
  }
  return stands;
}

/** Takes the cursor's state into `idle` and `safe`. */
export function commit(cursor: Cursor, position: number): void {
  if ((cursor.state.flags & IDLE) !== 0) {
    cursor.idle = position;
    cursor.safe = position;
    if (cursor.wide.length > 0) cursor.wide = [];
  } else if (cursor.state.depth !== Infinity) {
    cursor.safe = Math.max(cursor.safe, back(cursor.wide, position, cursor.state.depth));
  }
}

/** The offset `count` characters before `position`. */
export function back(wide: readonly number[], position: number, count: number): number {
  let offset = position - count;
  for (let at = wide.length - 1; at >= 0 && wide[at]! + 1 >= offset; at--) offset--;
  return offset;
}

/** Made a few hundred units at a time: a text that grows by one character costs more to look up than to make. */
function keyOf(list: readonly number[], context: number): string {
  const units = [context];
  let key = "";
  for (const node of list) {
    if (node < 0xf000) units.push(node);
    else units.push(0xf000 + (node >> 12), node & 0xfff);
    if (units.length < 512) continue;
    key += String.fromCharCode(...units);
    units.length = 0;
  }
  return key + String.fromCharCode(...units);
}

function ascending(a: number, b: number): number {
  return a - b;
}
