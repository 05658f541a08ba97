// Which part of an alloy answers first. One draw per key, a pure function of the alloy's id, its parts, their weights and
// the key: an edit elsewhere never moves a session, and a new weight moves only the keys it must.
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { canonical, type Alloy, type Decision } from "#contracts";
import { behindArms, type Node, type Part } from "./resolve.ts";

/**
 * What a draw is keyed by: the request's own keys, null where it has none, or one key for every alloy (`eval --key`, and a
 * replay of a recorded draw).
 */
export type DrawKeys = { readonly request: string | null; readonly session: string | null } | { readonly fixed: string };
export type AlloyNode = Extract<Node, { readonly kind: "alloy" }>;
export type AlloyDraw = Decision["alloys"][number];

/** `sticky`'s key; without a session, the request's. Null draws nothing. */
export function drawKey(sticky: Alloy["sticky"], keys: DrawKeys, turn: number): string | null {
  if ("fixed" in keys) return keys.fixed;
  if (sticky === "request" || keys.session === null) return keys.request;
  return sticky === "turn" ? `${keys.session}/${turn}` : keys.session;
}

/** The parts in the order they are tried. `turn` is null where nobody knows it; what would need it then stays as declared. */
export function drawnOrder({ selector, parts }: AlloyNode, key: string, turn: number | null): readonly Part[] {
  switch (selector.pick) {
    case "all":
      return parts;
    case "weighted": {
      // Weighted rendezvous hashing: -ln(u)/weight is an exponential clock per part, and the first to ring wins with a
      // chance that is its share. Each part's clock hangs on nothing but itself and the key.
      const clocks = new Map(parts.map((part) => [part, -Math.log(chance([selector.id, part.id, key])) / part.weight]));
      return parts.toSorted((left, right) => clocks.get(left)! - clocks.get(right)!);
    }
    case "alternate":
      return turn === null ? parts : rotated(parts, turn);
    case "round_robin":
      return turn === null ? parts : rotated(parts, (Math.floor(chance([selector.id, key]) * parts.length) + turn) % parts.length);
    default:
      return unreachable(selector.pick);
  }
}

/**
 * What a decision prints of an alloy. Parts that are alloys themselves are replaced by their own parts, with shares
 * multiplied: `[[a, b], c]` is 1/4 1/4 1/2. A share is how often a part comes first; of `all`, the first always does.
 */
export function alloyDraw(node: AlloyNode, key: string | null, orderOf: (node: AlloyNode) => readonly Part[] | null): AlloyDraw {
  const drawn = node.selector.pick === "all" || key !== null;
  return {
    id: node.selector.id,
    pick: node.selector.pick,
    shares: shares(node, [1n, 1n]).map(({ part, share }) => ({ part, share: fractionText(share) })),
    key: node.selector.pick === "all" ? null : key,
    order: drawn ? flatOrder(node, orderOf) : null,
  };
}

type Fraction = readonly [bigint, bigint];

function shares(node: AlloyNode, whole: Fraction): { readonly part: string; readonly share: Fraction }[] {
  const weights = node.parts.map((part, at) => BigInt(node.selector.pick === "weighted" ? part.weight : node.selector.pick === "all" ? (at === 0 ? 1 : 0) : 1));
  const total = weights.reduce((sum, one) => sum + one, 0n);
  return node.parts.flatMap((part, at) => {
    const share: Fraction = [whole[0] * weights[at]!, whole[1] * total];
    const inner = behindArms(part.node);
    return inner.kind === "alloy" ? shares(inner, share) : [{ part: part.id, share }];
  });
}

/** Null as soon as one alloy in it was not drawn. */
function flatOrder(node: AlloyNode, orderOf: (node: AlloyNode) => readonly Part[] | null): string[] | null {
  const order: string[] = [];
  for (const part of orderOf(node) ?? []) {
    const inner = behindArms(part.node);
    const ids = inner.kind === "alloy" ? flatOrder(inner, orderOf) : [part.id];
    if (ids === null) return null;
    order.push(...ids);
  }
  return order.length === 0 ? null : order;
}

function fractionText([over, under]: Fraction): string {
  const divisor = gcd(over, under);
  return over === 0n ? "0" : divisor === under ? "1" : `${over / divisor}/${under / divisor}`;
}

function gcd(left: bigint, right: bigint): bigint {
  return right === 0n ? left : gcd(right, left % right);
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** A number in (0, 1), never its ends: 53 bits of a SHA-256 and half a step. Canonical JSON keeps the parts of the text apart. */
export function chance(of: readonly string[]): number {
  const hash = sha256(utf8ToBytes(canonical(of.map((one) => one.toWellFormed()))));
  let bits = 0;
  for (let at = 0; at < 6; at++) bits = bits * 256 + hash[at]!;
  bits = bits * 32 + (hash[6]! >>> 3);
  return Math.min((bits + 0.5) / 2 ** 53, 1 - 2 ** -53);
}

function unreachable(value: never): never {
  throw new Error(`no such pick: ${JSON.stringify(value)}`);
}
