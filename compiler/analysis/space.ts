// The space of all requests, laid out so that every set of requests a policy can name is a diagram: regions are exact, and
// equal where their diagrams are. An axis is one thing a request can be asked; its value 0 is what a request is that says
// nothing (absent, false, not in the set, the smallest), so a plain request is all zeros.
import type { Capability, Condition, RequestFacts } from "#contracts";
import { BUILT_IN_FACTS, CALLER_FACTS, matches, type Facts, type Value } from "#runtime/plan";
import { Diagrams, type Ref } from "./diagram.ts";
import { cutsOf, intervals, sizeCells, type Interval, type SizeCell } from "./size.ts";
import { atomConstants, vocabulary, type Atom, type Source, type Vocabulary } from "./vocabulary.ts";

export type Axis =
  /** Tokens and answer length together, because fit is a diagonal of the two. */
  | { readonly kind: "size"; readonly cells: readonly SizeCell[] }
  /** `request.turn`, or a declared whole number; null is absent. */
  | { readonly kind: "number"; readonly fact: string; readonly values: readonly (Interval | null)[] }
  /** One member of a set, a capability of `request.needs` included. */
  | { readonly kind: "member"; readonly fact: string; readonly member: string }
  | { readonly kind: "bool"; readonly fact: string }
  /** A string or an enum; null is absent, `other` a text no condition mentions. */
  | { readonly kind: "text"; readonly fact: string; readonly values: readonly (string | null)[]; readonly other: string | null };

/** A set of requests of one space. */
export type Region = { readonly ref: Ref };

/** The requests that take one way through a region: for each axis that matters the values it may have, by their place. */
export type Cube = ReadonlyMap<number, readonly number[]>;

/** The default budget, in edges; a second or two of work and some tens of megabytes. */
export const DEFAULT_BUDGET = 2_000_000;

export class Space {
  readonly axes: readonly Axis[];
  readonly vocabulary: Vocabulary;
  readonly diagrams: Diagrams<object | boolean>;
  readonly everything: Region;
  readonly nothing: Region;

  /** Work beyond `budget` throws `GaveUp`. */
  constructor(sources: readonly Source[], budget: number = DEFAULT_BUDGET) {
    this.vocabulary = vocabulary(sources);
    this.axes = axesOf(this.vocabulary);
    this.diagrams = new Diagrams(this.axes.map(axisSize), budget);
    this.everything = { ref: this.diagrams.leaf(true) };
    this.nothing = { ref: this.diagrams.leaf(false) };
  }

  /** The requests for which `condition` holds; null is no condition. It may name only what the space was laid out for. */
  where(condition: Condition | null): Region {
    if (condition === null) return this.everything;
    switch (condition.op) {
      case "and":
        return this.and(...condition.of.map((one) => this.where(one)));
      case "or":
        return this.or(...condition.of.map((one) => this.where(one)));
      case "not":
        return this.not(this.where(condition.of));
      default:
        return this.#atom(condition);
    }
  }

  and(...regions: readonly Region[]): Region {
    return { ref: this.diagrams.any(regions.map((one) => one.ref), { over: false, otherwise: true }) };
  }

  or(...regions: readonly Region[]): Region {
    return { ref: this.diagrams.any(regions.map((one) => one.ref), { over: true, otherwise: false }) };
  }

  not(region: Region): Region {
    return this.select(region.ref, (value) => value !== true);
  }

  minus(region: Region, ...without: readonly Region[]): Region {
    return { ref: this.diagrams.either(this.or(...without).ref, true, { yes: this.nothing.ref, no: region.ref }) };
  }

  isEmpty(region: Region): boolean {
    return region.ref === this.nothing.ref;
  }

  isEverything(region: Region): boolean {
    return region.ref === this.everything.ref;
  }

  equal(left: Region, right: Region): boolean {
    return left.ref === right.ref;
  }

  /** Whether every request of `inner` is one of `outer`. */
  includes(outer: Region, inner: Region): boolean {
    return this.isEmpty(this.minus(inner, outer));
  }

  /** The requests at which `of` has a leaf that `keep` accepts. */
  select(of: Ref, keep: (leaf: object | boolean) => boolean): Region {
    return { ref: this.diagrams.product([of], ([leaf]) => this.diagrams.leaf(keep(leaf!))) };
  }

  /** The region as cubes that do not overlap, at most `limit` of them. */
  cubes(region: Region, limit: number): readonly Cube[] {
    const found: Cube[] = [];
    const visit = (ref: Ref, cube: Cube): void => {
      if (found.length >= limit) return;
      if (this.diagrams.isLeaf(ref)) {
        if (this.diagrams.leafOf(ref) === true) found.push(cube);
        return;
      }
      const { variable, kids } = this.diagrams.at(ref);
      for (const kid of new Set(kids)) visit(kid, new Map([...cube, [variable, kids.flatMap((one, value) => (one === kid ? [value] : []))]]));
    };
    visit(region.ref, new Map());
    return found;
  }

  /** The request at which each axis has the given value, the others saying nothing. */
  requestAt(values: ReadonlyMap<number, number>): RequestFacts {
    return toRequest([...values].map(([axis, value]) => [this.axes[axis]!, value] as const), this.axes);
  }

  /** Where a request lies: for each axis the place of its value. */
  valuesOf(facts: Facts): ReadonlyMap<number, number> {
    return new Map(this.axes.map((axis, index) => [index, placeOf(axis, facts)]));
  }

  /** Every value of the axis stands for itself: the runtime's own `matches` is asked about it. */
  #atom(atom: Atom): Region {
    const constants = this.vocabulary.constants.get(atom.fact);
    if (constants === undefined || atomConstants(atom).some((one) => typeof one !== "boolean" && !constants.has(one))) {
      throw new Error(`the space was not laid out for a condition on \`${atom.fact}\``);
    }
    const index = this.axes.findIndex((axis) => asks(axis, atom));
    // An axis that is not there has one value only: a set no member of which is asked for.
    if (index < 0) return matches(atom, () => new Set<string>()) === true ? this.everything : this.nothing;
    const axis = this.axes[index]!;
    const kids = Array.from({ length: axisSize(axis) }, (_, value) => this.diagrams.leaf(matches(atom, () => valueAt(axis, value, atom.fact)) === true));
    return { ref: this.diagrams.choose(index, kids) };
  }
}

export function axisSize(axis: Axis): number {
  switch (axis.kind) {
    case "size":
      return axis.cells.length;
    case "number":
    case "text":
      return axis.values.length;
    default:
      return 2;
  }
}

/** What one value of an axis says of `fact`, for the requests that stand for it. */
export function valueAt(axis: Axis, value: number, fact: string): Value | undefined {
  switch (axis.kind) {
    case "size": {
      const { at } = axis.cells[value]!;
      return fact === "request.output" ? at.output : at.tokens;
    }
    case "number": {
      const interval = axis.values[value] ?? null;
      return interval === null ? undefined : nearestToZero(interval);
    }
    case "member":
      return new Set(value === 1 ? [axis.member] : []);
    case "bool":
      return value === 1;
    case "text":
      return axis.values[value] ?? undefined;
    default:
      return unreachable(axis);
  }
}

/** Texts, then whole numbers, sets, the turn, capabilities, and last the size, which has the most values. */
function axesOf({ constants, types, capabilities, ...rest }: Vocabulary): readonly Axis[] {
  const facts = [...constants.keys()].filter((fact) => fact !== "request.tokens" && fact !== "request.output" && fact !== "request.needs").sort();
  const axes = facts.flatMap((fact): Axis[] => {
    const type = types.get(fact);
    if (type === undefined) throw new Error(`no fact is called \`${fact}\``);
    const mentioned = [...constants.get(fact)!];
    switch (type.kind) {
      case "bool":
        return [{ kind: "bool", fact }];
      case "enum":
        return [{ kind: "text", fact, values: [null, ...type.values], other: null }];
      case "string": {
        const other = unmentioned(mentioned);
        return [{ kind: "text", fact, values: [null, ...mentioned.map(String).sort(), other], other }];
      }
      case "set":
        return mentioned.map(String).sort().map((member) => ({ kind: "member", fact, member }));
      case "int": {
        if (fact === "request.turn") return [{ kind: "number", fact, values: intervals(cutsOf(constants.get(fact)), 0) }];
        return [{ kind: "number", fact, values: [null, ...intervals(cutsOf(constants.get(fact)), Number.MIN_SAFE_INTEGER)] }];
      }
      default:
        return unreachable(type);
    }
  });
  const kinds = ["text", "number", "bool", "member"];
  return [
    ...axes.sort((left, right) => kinds.indexOf(left.kind) - kinds.indexOf(right.kind)),
    ...capabilities.map((member): Axis => ({ kind: "member", fact: "request.needs", member })),
    { kind: "size", cells: sizeCells({ constants, types, capabilities, ...rest }) },
  ];
}

function asks(axis: Axis, atom: Atom): boolean {
  if (axis.kind === "size") return atom.fact === "request.tokens" || atom.fact === "request.output";
  if (axis.fact !== atom.fact) return false;
  return axis.kind !== "member" || (atom.op === "has" && atom.value === axis.member);
}

function placeOf(axis: Axis, { tokens, output, values }: Facts): number {
  switch (axis.kind) {
    case "size":
      return place(axis.cells.findIndex((cell) => holds(cell.tokens, tokens) && holds(cell.output, output) && holds(cell.sum, tokens + output)));
    case "number": {
      const value = values.get(axis.fact);
      return place(axis.values.findIndex((one) => (typeof value === "number" ? one !== null && holds(one, value) : one === null)));
    }
    case "member": {
      const value = values.get(axis.fact);
      return value instanceof Set && value.has(axis.member) ? 1 : 0;
    }
    case "bool":
      return values.get(axis.fact) === true ? 1 : 0;
    case "text": {
      const value = values.get(axis.fact) ?? null;
      const found = axis.values.findIndex((one) => one === value);
      return found >= 0 ? found : place(axis.values.indexOf(axis.other));
    }
    default:
      return unreachable(axis);
  }
}

function place(found: number): number {
  if (found < 0) throw new Error("a request lies outside the space");
  return found;
}

function holds({ least, most }: Interval, value: number): boolean {
  return value >= least && value <= most;
}

function toRequest(values: readonly (readonly [Axis, number])[], axes: readonly Axis[]): RequestFacts {
  const said = new Map<string, Exclude<Value, ReadonlySet<string>> | readonly string[]>();
  const size = axes.find((axis) => axis.kind === "size");
  let { tokens, output } = size?.cells[0]?.at ?? { tokens: 0, output: 0 };
  for (const [axis, value] of values) {
    if (axis.kind === "size") ({ tokens, output } = axis.cells[value]!.at);
    else if (axis.kind === "member") {
      if (value === 1) said.set(axis.fact, [...((said.get(axis.fact) as readonly string[] | undefined) ?? []), axis.member]);
    } else {
      const one = valueAt(axis, value, axis.fact);
      if (one !== undefined && one !== false && !(axis.fact === "request.turn" && one === 0)) said.set(axis.fact, one as string | number | boolean);
    }
  }
  const caller = CALLER_FACTS.flatMap((name) => (said.has(`caller.${name}`) ? [[name, said.get(`caller.${name}`)] as const] : []));
  const declared = [...said].filter(([fact]) => !BUILT_IN_FACTS.has(fact)).sort(([left], [right]) => (left < right ? -1 : 1));
  const turn = said.get("request.turn");
  const needs = said.get("request.needs");
  return {
    ...(tokens > 0 ? { tokens } : {}),
    ...(output > 0 ? { output } : {}),
    ...(said.get("request.stream") === true ? { stream: true } : {}),
    ...(typeof turn === "number" ? { turn } : {}),
    ...(needs === undefined ? {} : { needs: needs as readonly Capability[] }),
    ...(caller.length === 0 ? {} : { caller: Object.fromEntries(caller) }),
    ...(declared.length === 0 ? {} : { facts: Object.fromEntries(declared) }),
  };
}

function nearestToZero({ least, most }: Interval): number {
  return Math.min(Math.max(0, least), most);
}

function unmentioned(constants: readonly (string | number)[]): string {
  let text = "other";
  while (constants.includes(text)) text += "-";
  return text;
}

function unreachable(value: never): never {
  throw new Error(`no such axis: ${JSON.stringify(value)}`);
}

