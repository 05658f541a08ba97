// Ordered, hash-consed decision diagrams over variables with a few values each. One function of a request has one node,
// so two functions are equal exactly where their nodes are. Nodes are numbers; what a leaf stands for is any value.
//
//   variable 0 ──▶ variable 1 ──▶ … ──▶ leaf        a variable whose value changes nothing is not asked
import { Tuples } from "./tuples.ts";

export type Ref = number;

/** How many values each variable has, in the order they are asked. */
export type Order = readonly number[];

/** Thrown when a diagram outgrows its budget; whoever asked says so instead of an answer. */
export class GaveUp extends Error {}

export class Diagrams<Leaf> {
  readonly #sizes: Order;
  #budget: number;
  readonly #variable: number[] = [];
  readonly #kids: (readonly Ref[])[] = [];
  readonly #value: (Leaf | undefined)[] = [];
  readonly #leaves = new Map<Leaf, Ref>();
  /** Nodes by what they are, for each variable. */
  readonly #nodes: Tuples[];
  /** What `choose` made of kids that ask something earlier than it does, for each variable. */
  readonly #chosen: Tuples[];

  /** `budget` is counted in edges of nodes. */
  constructor(sizes: Order, budget: number) {
    this.#sizes = sizes;
    this.#budget = budget;
    this.#nodes = sizes.map(() => new Tuples());
    this.#chosen = sizes.map(() => new Tuples());
  }

  /** The diagram that is `value` everywhere; equal values (by identity) are one leaf. */
  leaf(value: Leaf): Ref {
    const known = this.#leaves.get(value);
    if (known !== undefined) return known;
    const ref = this.#add(LEAF, [], value);
    this.#leaves.set(value, ref);
    return ref;
  }

  /** Asks `variable`, then goes on with the diagram of its value. They may ask anything, in any order. */
  choose(variable: number, kids: readonly Ref[]): Ref {
    const top = this.#top(kids);
    if (top > variable) return this.#node(variable, kids);

    const chosen = this.#chosen[variable]!;
    const known = chosen.get(kids);
    if (known !== undefined) return known;
    const ref =
      top < variable
        ? this.#node(top, this.#each(kids, top, (below) => this.choose(variable, below)))
        : this.#node(variable, kids.map((kid, value) => this.follow(kid, variable, value)));
    chosen.set(kids, ref);
    return ref;
  }

  /** Several diagrams at once: wherever their leaves are these values, the result is what `with_` says of them. */
  product(of: readonly Ref[], with_: (values: readonly Leaf[]) => Ref): Ref {
    if (of.length === 1) return this.#mapped(of[0]!, (value) => with_([value]));
    const done = new Tuples();
    const visit = (refs: readonly Ref[]): Ref => {
      const known = done.get(refs);
      if (known !== undefined) return known;
      const top = this.#top(refs);
      const result = top === LEAF ? with_(refs.map((ref) => this.#value[ref] as Leaf)) : this.choose(top, this.#each(refs, top, visit));
      done.set(refs, result);
      return result;
    };
    return visit(of);
  }

  /** The product of one diagram, which is what most products are. */
  #mapped(of: Ref, with_: (value: Leaf) => Ref): Ref {
    const done = new Map<Ref, Ref>();
    const visit = (ref: Ref): Ref => {
      const known = done.get(ref);
      if (known !== undefined) return known;
      const top = this.#variable[ref]!;
      let result: Ref;
      if (top === LEAF) result = with_(this.#value[ref] as Leaf);
      else {
        const kids = this.#kids[ref]!;
        const results = kids.slice();
        for (let value = 0; value < kids.length; value++) results[value] = value > 0 && kids[value] === kids[value - 1] ? results[value - 1]! : visit(kids[value]!);
        result = this.choose(top, results);
      }
      done.set(ref, result);
      return result;
    };
    return visit(of);
  }

  /** `yes` where `is` has the leaf `value`, `no` elsewhere. Where that is settled, nothing below is looked at. */
  either(is: Ref, value: Leaf, { yes, no }: { readonly yes: Ref; readonly no: Ref }): Ref {
    const done = new Tuples();
    const visit = (refs: readonly Ref[]): Ref => {
      const [asked, left, right] = refs as readonly [Ref, Ref, Ref];
      if (left === right) return left;
      if (this.#variable[asked] === LEAF) return this.#value[asked] === value ? left : right;
      const known = done.get(refs);
      if (known !== undefined) return known;
      const top = this.#top(refs);
      const result = this.#node(top, this.#each(refs, top, visit));
      done.set(refs, result);
      return result;
    };
    return visit([is, yes, no]);
  }

  /** The leaf `over` wherever one of the diagrams has it, the leaf `otherwise` elsewhere; they have no others. */
  any(of: readonly Ref[], { over, otherwise }: { readonly over: Leaf; readonly otherwise: Leaf }): Ref {
    const [wins, yields] = [this.leaf(over), this.leaf(otherwise)];
    const done = new Tuples();
    const visit = (refs: readonly Ref[]): Ref => {
      const left: Ref[] = [];
      for (const ref of refs) {
        if (ref === wins) return wins;
        if (ref !== yields && !left.includes(ref)) left.push(ref);
      }
      if (left.length === 0) return yields;
      if (left.length === 1) return left[0]!;
      const known = done.get(left);
      if (known !== undefined) return known;
      const top = this.#top(left);
      const result = this.#node(top, this.#each(left, top, visit));
      done.set(left, result);
      return result;
    };
    return visit(of);
  }

  /** Whether two diagrams have leaves, wherever both are asked, of which `is` is true. Makes no diagram of the answer. */
  always(left: Ref, right: Ref, is: (left: Leaf, right: Leaf) => boolean): boolean {
    const seen = new Tuples();
    const visit = (one: Ref, other: Ref): boolean => {
      const pair = [one, other];
      if (seen.get(pair) !== undefined) return true;
      // What is not true ends the search, so whatever was seen before is true.
      seen.set(pair, 1);
      const top = this.#top(pair);
      if (top === LEAF) return is(this.#value[one] as Leaf, this.#value[other] as Leaf);
      for (let value = 0; value < this.#sizes[top]!; value++) {
        if (!visit(this.follow(one, top, value), this.follow(other, top, value))) return false;
      }
      return true;
    };
    return visit(left, right);
  }

  /** `with_` for every value of `variable`. Neighbouring values mostly lead to the same place, which is then asked once. */
  #each(refs: readonly Ref[], variable: number, with_: (below: readonly Ref[]) => Ref): readonly Ref[] {
    const size = this.#sizes[variable]!;
    // Only these change with the value; the others do not ask this variable.
    const asking: number[] = [];
    const kids: (readonly Ref[])[] = [];
    for (let at = 0; at < refs.length; at++) {
      if (this.#variable[refs[at]!] !== variable) continue;
      asking.push(at);
      kids.push(this.#kids[refs[at]!]!);
    }
    const results: Ref[] = [];
    for (let value = 0; value < size; value++) {
      let same = value > 0;
      for (let one = 0; same && one < kids.length; one++) same = kids[one]![value] === kids[one]![value - 1];
      if (same) {
        results.push(results[value - 1]!);
        continue;
      }
      const below = refs.slice();
      for (let one = 0; one < kids.length; one++) below[asking[one]!] = kids[one]![value]!;
      results.push(with_(below));
    }
    return results;
  }

  #top(refs: readonly Ref[]): number {
    let top = LEAF;
    for (let at = 0; at < refs.length; at++) {
      const variable = this.#variable[refs[at]!]!;
      if (variable < top) top = variable;
    }
    return top;
  }

  /** The diagram once `variable`, which nothing above `ref` asks, has `value`. */
  follow(ref: Ref, variable: number, value: number): Ref {
    return this.#variable[ref] === variable ? this.#kids[ref]![value]! : ref;
  }

  isLeaf(ref: Ref): boolean {
    return this.#variable[ref] === LEAF;
  }

  leafOf(ref: Ref): Leaf {
    if (!this.isLeaf(ref)) throw new Error("this node asks a variable; it is no leaf");
    return this.#value[ref] as Leaf;
  }

  /** The variable a node asks, and where each value leads. */
  at(ref: Ref): { readonly variable: number; readonly kids: readonly Ref[] } {
    return { variable: this.#variable[ref]!, kids: this.#kids[ref]! };
  }

  /** Every leaf below `ref`, each once, in the order it is reached. */
  leavesOf(ref: Ref): readonly Leaf[] {
    const found: Leaf[] = [];
    const seen = new Set<Ref>();
    const visit = (one: Ref): void => {
      if (seen.has(one)) return;
      seen.add(one);
      if (this.isLeaf(one)) found.push(this.#value[one] as Leaf);
      else this.#kids[one]!.forEach(visit);
    };
    visit(ref);
    return found;
  }

  #node(variable: number, kids: readonly Ref[]): Ref {
    const first = kids[0]!;
    let same = true;
    for (let value = 1; same && value < kids.length; value++) same = kids[value] === first;
    if (same) return first;
    const nodes = this.#nodes[variable]!;
    const known = nodes.get(kids);
    if (known !== undefined) return known;
    const ref = this.#add(variable, kids, undefined);
    nodes.set(kids, ref);
    return ref;
  }

  #add(variable: number, kids: readonly Ref[], value: Leaf | undefined): Ref {
    this.#budget -= 1 + kids.length;
    if (this.#budget < 0) throw new GaveUp("the policy tells more requests apart than are worked through");
    this.#variable.push(variable);
    this.#kids.push(kids);
    this.#value.push(value);
    return this.#variable.length - 1;
  }
}

/** The variable of a leaf: after all others. */
const LEAF = Number.MAX_SAFE_INTEGER;
