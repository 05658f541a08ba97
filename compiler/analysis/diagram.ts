// Ordered, hash-consed decision diagrams over variables with a few values each. One function of a request has one node,
// so two functions are equal exactly where their nodes are. Nodes are numbers; what a leaf stands for is any value.
//
//   variable 0 ──▶ variable 1 ──▶ … ──▶ leaf        a variable whose value changes nothing is not asked

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
  /** Nodes by a hash of what they are. */
  readonly #nodes = new Map<number, Ref[]>();
  readonly #chosen = new Map<string, Ref>();

  /** `budget` is counted in edges of nodes. */
  constructor(sizes: Order, budget: number) {
    this.#sizes = sizes;
    this.#budget = budget;
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

    const key = `${variable}:${kids.join()}`;
    const known = this.#chosen.get(key);
    if (known !== undefined) return known;
    const ref =
      top < variable
        ? this.#node(top, this.#each(kids, top, (below) => this.choose(variable, below)))
        : this.#node(variable, kids.map((kid, value) => this.follow(kid, variable, value)));
    this.#chosen.set(key, ref);
    return ref;
  }

  /** Several diagrams at once: wherever their leaves are these values, the result is what `with_` says of them. */
  product(of: readonly Ref[], with_: (values: readonly Leaf[]) => Ref): Ref {
    const done = new Map<string | number, Ref>();
    const visit = (refs: readonly Ref[]): Ref => {
      const key = refs.length === 1 ? refs[0]! : refs.length === 2 ? refs[0]! * 2 ** 26 + refs[1]! : refs.join();
      const known = done.get(key);
      if (known !== undefined) return known;
      const top = this.#top(refs);
      const result = top === LEAF ? with_(refs.map((ref) => this.#value[ref] as Leaf)) : this.choose(top, this.#each(refs, top, visit));
      done.set(key, result);
      return result;
    };
    return visit(of);
  }

  /** `with_` for every value of `variable`. Neighbouring values mostly lead to the same place, which is then asked once. */
  #each(refs: readonly Ref[], variable: number, with_: (below: readonly Ref[]) => Ref): readonly Ref[] {
    const size = this.#sizes[variable]!;
    // Only these change with the value; the others do not ask this variable.
    const asking = refs.flatMap((ref, at) => (this.#variable[ref] === variable ? [{ at, kids: this.#kids[ref]! }] : []));
    const results: Ref[] = [];
    for (let value = 0; value < size; value++) {
      if (value > 0 && asking.every(({ kids }) => kids[value] === kids[value - 1])) {
        results.push(results[value - 1]!);
        continue;
      }
      const below = [...refs];
      for (const { at, kids } of asking) below[at] = kids[value]!;
      results.push(with_(below));
    }
    return results;
  }

  #top(refs: readonly Ref[]): number {
    let top = LEAF;
    for (const ref of refs) {
      const variable = this.#variable[ref]!;
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
    let same = true;
    let hash = variable + 1;
    for (const kid of kids) {
      if (kid !== kids[0]) same = false;
      hash = (Math.imul(hash, 0x01000193) ^ kid) | 0;
    }
    if (same) return kids[0]!;
    const bucket = this.#nodes.get(hash);
    const known = bucket?.find((ref) => this.#variable[ref] === variable && equal(this.#kids[ref]!, kids));
    if (known !== undefined) return known;
    const ref = this.#add(variable, kids, undefined);
    if (bucket === undefined) this.#nodes.set(hash, [ref]);
    else bucket.push(ref);
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

function equal(left: readonly Ref[], right: readonly Ref[]): boolean {
  return left.length === right.length && left.every((one, at) => one === right[at]);
}
