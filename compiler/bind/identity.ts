// The identity of a declaration: what receipts and diffs call it. It is its name, or the name it had before (`was`), so
// that a rename changes no id.
import type { NamedDeclaration } from "#lang";

export function identity(declaration: NamedDeclaration): string {
  return (declaration.was ?? declaration.name).text;
}

export function idOf(declaration: NamedDeclaration): string {
  return `${declaration.kind}:${identity(declaration)}`;
}

/** `parent/part:name`, `~2` where the name occurs a second time; in the order of `names`. */
export function partIds(parent: string, names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return `${parent}/part:${name}${times === 1 ? "" : `~${times}`}`;
  });
}
