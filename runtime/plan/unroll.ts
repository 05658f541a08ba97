// In: a tree in which everything left may be tried. Out: the attempts in order, each with where every failure class leads.
// From here on the attempt loop follows numbers; it knows no cascade and no alloy. A move always leads forward.
//
//   cascade { try duo { retry = 1 }  try gpt }   with duo = a, b        0:a 1:b  2:a 3:b  4:gpt
//   a fails with `timeout`: next part of duo (1). b: next copy of the step (2), then the next step (4).
import { FAILURE_CLASSES, MOVES_ON_BY_DEFAULT, RETRYABLE, type Cascade, type FailureClass, type Target } from "#contracts";
import type { AlloyNode } from "./draw.ts";
import { windows } from "./filter.ts";
import { behindArms, type Node, type Part, type Step } from "./resolve.ts";

export type Resume = Cascade["resume"];
export type Backoff = Step["backoff"];

/** Where a failure leads: the attempt's index, how the answer goes on there, and how long to wait before. */
export type Move = { readonly to: number; readonly resume: Resume; readonly backoff: Backoff | null };
export type Moves = { readonly [Class in FailureClass]: Move | null };

export type PlannedAttempt = {
  readonly target: Target;
  /** The cascade's step or the part that asked for it, the innermost one; null for a plain target. */
  readonly step: string | null;
  /** Every step and part around it, the outermost first; `step` is the last of them. */
  readonly trail: readonly string[];
  /** How often the same attempt is repeated on a retryable class before `moves` count. */
  readonly retries: number;
  readonly backoff: Backoff | null;
  /** How the answer goes on when the attempt itself is repeated. */
  readonly resume: Resume;
  /** The classes after which another attempt follows: those whose move is not null, in the classes' own order. */
  readonly on: readonly FailureClass[];
  readonly moves: Moves;
  /** Milliseconds from first byte to last: the least of all steps around it; null leaves it to the provider's. */
  readonly timeout: number | null;
};

/** A plan is written out up to here; what sharing and nested retries multiply beyond it is cut, and the plan says so. */
export const MAX_PLANNED_ATTEMPTS = 1_000;

export function unroll(tree: Node, orderOf: (node: AlloyNode) => readonly Part[]): { readonly attempts: readonly PlannedAttempt[]; readonly complete: boolean } {
  const leaves: Leaf[] = [];
  let complete = true;
  const window = windows();

  const emit = (node: Node, around: Around): void => {
    if (leaves.length >= MAX_PLANNED_ATTEMPTS) {
      complete = false;
      return;
    }
    switch (node.kind) {
      case "refuse":
        return;
      case "arm":
        return emit(node.then, around);
      case "target":
        leaves.push({ target: node.target, around });
        return;
      case "cascade":
        return inOrder(node.parts, (part) => ({ on: part.step!.on, resume: node.selector.resume, backoff: null, next: null, outer: around.level }), around);
      case "smallest":
        return inOrder(node.parts.toSorted((left, right) => window(left.node) - window(right.node)), () => fallback(around.level), around);
      case "alloy":
        return inOrder(orderOf(node), () => fallback(around.level), around);
      default:
        return unreachable(node);
    }
  };

  const inOrder = (parts: readonly Part[], levelOf: (part: Part) => Level, around: Around): void => {
    let before: Level | null = null;
    for (const part of parts) {
      if (before !== null && leaves.length < MAX_PLANNED_ATTEMPTS) before.next = leaves.length;
      const level = levelOf(part);
      before = level;
      const inside: Around = { level, step: part.id, trail: [...around.trail, part.id], retries: 0, backoff: null, resume: level.resume, timeout: least(around.timeout, part.step?.timeout ?? null) };
      const { step } = part;
      if (step === null || step.retry === 0) emit(part.node, inside);
      else if (behindArms(part.node).kind === "target") emit(part.node, { ...inside, retries: step.retry, backoff: step.backoff });
      else copies(part, step, inside);
    }
  };

  /** A composite step that is retried stands there 1 + retry times; each copy but the last leads to the next one. */
  const copies = (part: Part, step: Step, inside: Around): void => {
    let before: Level | null = null;
    for (let copy = 0; copy <= step.retry; copy++) {
      if (!complete) break;
      if (before !== null && leaves.length < MAX_PLANNED_ATTEMPTS) before.next = leaves.length;
      before = { on: RETRYABLE, resume: inside.resume, backoff: step.backoff, next: null, outer: inside.level };
      emit(part.node, { ...inside, level: before });
    }
  };

  emit(tree, { level: null, step: null, trail: [], retries: 0, backoff: null, resume: "restart", timeout: null });
  return { attempts: leaves.map(attempt), complete };
}

/** One enclosing choice: on which classes it has something else to try, and where that begins once it is known. */
type Level = { readonly on: readonly FailureClass[]; readonly resume: Resume; readonly backoff: Backoff | null; next: number | null; readonly outer: Level | null };
type Around = { readonly level: Level | null; readonly step: string | null; readonly trail: readonly string[]; readonly retries: number; readonly backoff: Backoff | null; readonly resume: Resume; readonly timeout: number | null };
type Leaf = { readonly target: Target; readonly around: Around };

function fallback(outer: Level | null): Level {
  return { on: MOVES_ON_BY_DEFAULT, resume: "restart", backoff: null, next: null, outer };
}

function attempt({ target, around }: Leaf): PlannedAttempt {
  const { step, trail, retries, backoff, resume, timeout } = around;
  const moves = Object.fromEntries(FAILURE_CLASSES.map((one) => [one, moveOn(one, around.level)])) as Moves;
  return { target, step, trail, retries, backoff, resume, on: FAILURE_CLASSES.filter((one) => moves[one] !== null), moves, timeout };
}

/** The innermost level that moves on by this class and has somewhere to go. */
function moveOn(failure: FailureClass, from: Level | null): Move | null {
  for (let level = from; level !== null; level = level.outer) {
    if (level.next !== null && level.on.includes(failure)) return { to: level.next, resume: level.resume, backoff: level.backoff };
  }
  return null;
}

function least(left: number | null, right: number | null): number | null {
  return left === null ? right : right === null ? left : Math.min(left, right);
}

function unreachable(value: never): never {
  throw new Error(`no such node: ${JSON.stringify(value)}`);
}
