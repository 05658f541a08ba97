// "did you mean", and lists of words for a sentence.
import { nearest } from "#lang";

/** The known word that was meant, or null. Ties go to the first in code-unit order; one letter could mean anything. */
export function meantBy(word: string, candidates: Iterable<string>): string | null {
  return word.length < 2 ? null : nearest(word, [...candidates].sort());
}

/** `did you mean \`x\`?`, or null where none of the candidates is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const found = meantBy(word, candidates);
  return found === null ? null : `did you mean \`${found}\`?`;
}

/** Words for a sentence: `a`, `b` and `c`. */
export function listed(words: readonly string[], joint: "and" | "or" = "and"): string {
  const quoted = words.map((word) => `\`${word}\``);
  if (quoted.length < 2) return quoted.join("");
  return `${quoted.slice(0, -1).join(", ")} ${joint} ${quoted.at(-1)}`;
}
