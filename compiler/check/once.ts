// Several checks ask the same of one program. What was worked out for an object is kept for as long as the object is;
// whatever else the work is given must follow from that object.

export function once<Of extends object, Rest extends readonly unknown[], T>(work: (of: Of, ...rest: Rest) => T): (of: Of, ...rest: Rest) => T {
  const known = new WeakMap<Of, { readonly result: T }>();
  return (of, ...rest) => {
    const before = known.get(of);
    if (before !== undefined) return before.result;
    const result = work(of, ...rest);
    known.set(of, { result });
    return result;
  };
}

/** The same for several keys of one object. */
export function onceEach<Of extends object, Key, T>(work: (of: Of, key: Key) => T): (of: Of, key: Key) => T {
  const known = once((_of: Of) => new Map<Key, T>());
  return (of, key) => {
    const results = known(of);
    if (!results.has(key)) results.set(key, work(of, key));
    return results.get(key)!;
  };
}
