// A map from lists of numbers to numbers. Diagrams ask one for every step they take: keys made of text would cost more than
// the steps themselves. A key is kept, not copied, so whoever sets one changes it no more.

export class Tuples {
  readonly #keys: (readonly number[])[] = [];
  readonly #values: number[] = [];
  /** For each slot, 1 + the place of its key; 0 is free. Open addressing, at most half full. */
  #slots = new Int32Array(16);

  get(key: readonly number[]): number | undefined {
    const at = this.#slots[this.#find(key)]!;
    return at === 0 ? undefined : this.#values[at - 1];
  }

  /** The key must not be there yet. */
  set(key: readonly number[], value: number): void {
    if (2 * this.#keys.length >= this.#slots.length) this.#grow();
    this.#keys.push(key);
    this.#values.push(value);
    this.#slots[this.#find(key)] = this.#keys.length;
  }

  /** The slot of the key, or the free one where it would be. */
  #find(key: readonly number[]): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(key) & mask;
    for (let at = slots[slot]!; at !== 0 && !equal(this.#keys[at - 1]!, key); at = slots[slot]!) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let at = 0; at < this.#keys.length; at++) {
      let slot = hashOf(this.#keys[at]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = at + 1;
    }
    this.#slots = slots;
  }
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
