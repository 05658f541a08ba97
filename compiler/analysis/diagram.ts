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
  readonly #nodes = new Map<string, Ref>();
  readonly #muxed = new Map<string, Ref>();

  /** `budget` is counted in edges of nodes. */
  constructor(sizes: Order, budget: number) {
    this.#sizes = sizes;
    this.#budget = budget;
  }

  /** The diagram that is `value` everywhere; equal values (by identity) are one leaf. */
  leaf(value: Leaf): Ref {
    const known = this.#leaves.get(value);
    if (known !== undefined) return known;
    const ref = this.#add(Number.POSITIVE_INFINITY, [], value);
    this.#leaves.set(value, ref);
    return ref;
  }

  /** Asks `variable`, then goes on with the diagram of its value. They may ask anything, in any order. */
  choose(variable: number, kids: readonly Ref[]): Ref {
    const first = kids[0]!;
    if (kids.every((kid) => kid === first)) return first;
    let top = variable;
    for (const kid of kids) top = Math.min(top, this.#variable[kid]!);
    if (top > variable - 1 && kids.every((kid) => this.#variable[kid]! > variable)) return this.#node(variable, kids);

    const key = `${variable}:${kids.join()}`;
    const known = this.#muxed.get(key);
    if (known !== undefined) return known;
    const ref =
      top < variable
        ? this.#node(top, range(this.#sizes[top]!).map((value) => this.choose(variable, kids.map((kid) => this.follow(kid, top, value)))))
        : this.choose(variable, kids.map((kid, value) => this.follow(kid, variable, value)));
    this.#muxed.set(key, ref);
    return ref;
  }

  /** Several diagrams at once: wherever their leaves are these values, the result is what `with_` says of them. */
  product(of: readonly Ref[], with_: (values: readonly Leaf[]) => Ref): Ref {
    const done = new Map<string, Ref>();
    const visit = (refs: readonly Ref[]): Ref => {
      const key = refs.join();
      const known = done.get(key);
      if (known !== undefined) return known;
      let top = Number.POSITIVE_INFINITY;
      for (const ref of refs) top = Math.min(top, this.#variable[ref]!);
      const result =
        top === Number.POSITIVE_INFINITY
          ? with_(refs.map((ref) => this.#value[ref] as Leaf))
          : this.choose(top, range(this.#sizes[top]!).map((value) => visit(refs.map((ref) => this.follow(ref, top, value)))));
      done.set(key, result);
      return result;
    };
    return visit(of);
  }

  /** The diagram once `variable`, which nothing above `ref` asks, has `value`. */
  follow(ref: Ref, variable: number, value: number): Ref {
    return this.#variable[ref] === variable ? this.#kids[ref]![value]! : ref;
  }

  isLeaf(ref: Ref): boolean {
    return this.#variable[ref] === Number.POSITIVE_INFINITY;
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
    if (kids.every((kid) => kid === first)) return first;
    const key = `${variable}:${kids.join()}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const ref = this.#add(variable, kids, undefined);
    this.#nodes.set(key, ref);
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

function range(size: number): readonly number[] {
  return Array.from({ length: size }, (_, at) => at);
}
