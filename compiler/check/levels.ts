// How loud each diagnostic is, as a team decided in its `ward.json`. IN: what was found. OUT: the same at other severities,
// without what is off. An error stays one: a proof of harm is not a matter of taste.
import type { Level } from "#contracts";
import { SYNTAX, type Diagnostic } from "#lang";
import { didYouMean } from "../bind/nearest.ts";
import { RULES, rulesNamed } from "../rules/index.ts";

/** By name of a diagnostic, which unlike its code means one rule. */
export type Levels = ReadonlyMap<string, Level>;

export function atLevels(found: readonly Diagnostic[], levels: Levels): readonly Diagnostic[] {
  if (levels.size === 0) return found;
  return found.flatMap((one) => {
    const level = levels.get(one.name);
    if (level === undefined || one.severity === "error") return [one];
    return level === "off" ? [] : [{ ...one, severity: level }];
  });
}

/** `rule` is a code or a name, as written. */
export type LevelProblem = { readonly rule: string; readonly message: string; readonly help: string };

/** Codes become names; each way to set a level that cannot be is a problem. */
export function levelsOf(written: { readonly [rule: string]: Level }): { readonly levels: Levels; readonly problems: readonly LevelProblem[] } {
  const levels = new Map<string, Level>();
  const by = new Map<string, string>();
  const problems: LevelProblem[] = [];
  for (const [rule, level] of Object.entries(written)) {
    const problem = problemWith(rule, level);
    if (problem !== null) {
      problems.push(problem);
      continue;
    }
    for (const { name } of rulesNamed(rule)) {
      const other = by.get(name);
      if (other !== undefined) problems.push({ rule, message: `\`${rule}\` and \`${other}\` are the same diagnostic`, help: "keep one of them" });
      by.set(name, rule);
      levels.set(name, level);
    }
  }
  return { levels, problems };
}

function problemWith(rule: string, level: Level): LevelProblem | null {
  const known = isSyntax(rule) ? [{ ...SYNTAX, severity: "error" as const }] : rulesNamed(rule);
  if (known.length === 0) {
    return { rule, message: `\`${rule}\` is not a code or name of a diagnostic`, help: didYouMean(rule, RULES.flatMap((one) => [one.code, one.name])) ?? "`ward explain` lists them all" };
  }
  const harm = known.find((one) => one.severity === "error");
  if (harm === undefined || level === "error") return null;
  const others = known.filter((one) => one.severity !== "error");
  return {
    rule,
    message: `\`${harm.name}\` is an error, and errors cannot be lowered`,
    help: others.length === 0 ? `remove \`${rule}\`, and put right what it says` : `name ${others.map((one) => `\`${one.name}\``).join(" or ")} instead of the code they share`,
  };
}

function isSyntax(rule: string): boolean {
  return rule === SYNTAX.code || rule === SYNTAX.name;
}
