// A map from lists of numbers to numbers. Diagrams ask one for every step they take: keys made of text would cost more than
// the steps themselves. A key is kept, not copied, so whoever sets one changes it no more.

export class Tuples {
  readonly #keys: (readonly number[])[] = [];
  readonly #hashes: number[] = [];
  readonly #values: number[] = [];
  /** For each slot, 1 + the place of its key; 0 is free. Open addressing, at most half full. */
  #slots = free(32);

  get(key: readonly number[]): number | undefined {
    const at = this.#slots[this.#find(key, hashOf(key))]!;
    return at === 0 ? undefined : this.#values[at - 1];
  }

  /** The key must not be there yet. */
  set(key: readonly number[], value: number): void {
    if (2 * this.#keys.length >= this.#slots.length) this.#grow();
    const hash = hashOf(key);
    this.#keys.push(key);
    this.#hashes.push(hash);
    this.#values.push(value);
    this.#slots[this.#free(hash)] = this.#keys.length;
  }

  /** The slot of the key, or the free one where it would be. */
  #find(key: readonly number[], hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let at = slots[slot]!; at !== 0; at = slots[slot]!) {
      if (this.#hashes[at - 1] === hash && equal(this.#keys[at - 1]!, key)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #free(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    this.#slots = free(4 * this.#slots.length);
    for (let at = 0; at < this.#keys.length; at++) this.#slots[this.#free(this.#hashes[at]!)] = at + 1;
  }
}

function free(slots: number): number[] {
  return new Array<number>(slots).fill(0); // oxlint-disable-line unicorn/no-new-array -- the engine keeps this one as small integers, and what `Array.from` makes not
}

function hashOf(key: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key[at]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function equal(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}
