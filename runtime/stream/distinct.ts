// Which items of a list are the same, as JSON has it: members in any order are the same object. In one pass over an
// answer, however many lists in lists of it are asked about, where comparing each with each takes minutes for what a model
// writes in a second.

export type Twins = {
  /** The places of two items that are the same, the later one first; null where none are. */
  of(list: readonly unknown[]): readonly [number, number] | null;
  /** What was read so far will not be asked about again. */
  forget(): void;
};

/** Longer texts are numbered, so that they are not copied at every level above them. */
const SHORT = 64;

export function createTwins(): Twins {
  let numbers = new Map<string, string>();
  /** Of what is made of more than short parts, which alone is long to read again. */
  let known = new Map<object, string>();

  return {
    of: (list) => {
      if (list.length < 2) return null;
      const places = new Map<string, number>();
      for (let at = 0; at < list.length; at++) {
        const mark = markOf(list[at]);
        const before = places.get(mark);
        if (before !== undefined) return [at, before];
        places.set(mark, at);
      }
      return null;
    },
    forget: () => {
      if (numbers.size === 0) return;
      numbers = new Map();
      known = new Map();
    },
  };

  /** The same for values that are the same and for no others, and short: their JSON, or the number of it. */
  function markOf(value: unknown): string {
    if (typeof value === "number") return String(value); // `1e999` is read as Infinity, which JSON would call null
    if (typeof value !== "object" || value === null) return marked(JSON.stringify(value));
    const before = known.size === 0 ? undefined : known.get(value);
    if (before !== undefined) return before;
    const mark = marked(Array.isArray(value) ? `[${value.map(markOf).join(",")}]` : `{${membersOf(value as Members)}}`);
    if (mark.startsWith("#")) known.set(value, mark);
    return mark;
  }

  function membersOf(value: Members): string {
    return Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${markOf(value[key])}`).join(",");
  }

  function marked(text: string): string {
    if (text.length <= SHORT) return text;
    const before = numbers.get(text);
    if (before !== undefined) return before;
    const mark = `#${numbers.size}`;
    numbers.set(text, mark);
    return mark;
  }
}

type Members = { readonly [key: string]: unknown };
