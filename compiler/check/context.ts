// What a check is given, and what it is.
import type { Policy } from "#contracts";
import type { Span } from "#lang";
import type { Lookup } from "#runtime/plan";
import type { Bound, RulePatterns } from "../bind/index.ts";
import type { Explained, Finding } from "../rules/rule.ts";
import type { Asked } from "./asked.ts";

export type CheckContext = {
  /** The program with its names resolved: for what only the text says. */
  readonly bound: Bound;
  /** What the runtime will load, every default written out: for what the program means. */
  readonly policy: Policy;
  readonly lookup: Lookup;
  /** What the rules look for, by their ids. */
  readonly patterns: RulePatterns["read"];
  /** Every model of which something can be proved, in the policy's order. */
  readonly models: readonly Asked[];
  /** The text behind an id: of a declaration its name, of an arm, try or part the whole of it. */
  span(id: string): Span;
  /** The text of a file. */
  text(file: string): string;
};

/** A rule that looks at a whole program without errors. It must not depend on the order in which declarations stand. */
export type Check = Explained & { check(context: CheckContext): Iterable<Finding> };
