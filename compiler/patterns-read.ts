// Stands in for the checks of the W5 family until they are here.
import type { Diagnostic } from "#lang";
import type { Bound } from "./bind/index.ts";
import { readPattern } from "./patterns/index.ts";

export function patternsThatCannotBeRead({ rules }: Bound): readonly Diagnostic[] {
  return rules.flatMap(({ match }): readonly Diagnostic[] => {
    if (match.kind !== "match" && match.kind !== "match-any") return [];
    const read = match.kind === "match"
      ? readPattern({ kind: "pattern", source: match.pattern.source, flags: match.pattern.flags })
      : readPattern({ kind: "any", texts: match.texts.items.flatMap((item) => (item.kind === "string" ? item.value : [])) });
    if (read.ok) return [];
    const code = read.problem.kind === "empty" ? { code: "W5002", name: "pattern-matches-empty" } : { code: "W5001", name: "pattern-not-regular" };
    const { start, file } = match.kind === "match" ? match.pattern.span : match.texts.span;
    const at = match.kind === "match" ? { file, start: start + 1 + read.problem.offset, end: start + 1 + read.problem.offset + read.problem.length } : match.texts.span;
    return [{ ...code, severity: "error", message: read.problem.message, span: at, labels: [], help: read.problem.help }];
  });
}
