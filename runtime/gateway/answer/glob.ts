// `shell*`: a tool's name, where `*` stands for any text. Everything else stands for itself.

export function globMatches(glob: string, name: string): boolean {
  const [first = "", ...rest] = glob.split("*");
  if (rest.length === 0) return name === glob;
  const last = rest.pop()!;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  // The pieces between are found one behind the other, each as early as it can be.
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}
