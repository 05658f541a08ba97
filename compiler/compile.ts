// The story of the compiler: text -> tree -> bound program -> policy -> bundle, and everything there is to say about it.
import type { Bundle, Policy } from "#contracts";
import { hasErrors, sortDiagnostics, type Diagnostic, type SourceFile, type Span } from "#lang";
import { bind, load, readPatterns, type Bound, type Program, type RulePatterns } from "./bind/index.ts";
import { check } from "./check/check.ts";
import { suppress } from "./check/suppress.ts";
import { emit, placesOf } from "./emit/index.ts";
import type { Host } from "./host.ts";
import { lower } from "./lower/index.ts";
import { holdsTooShort } from "./rules/hold-too-short.ts";
import { unsupported } from "./rules/not-supported.ts";
import { patternsThatMatchEmpty } from "./rules/pattern-matches-empty.ts";
import { patternsNotRegular } from "./rules/pattern-not-regular.ts";
import { unsupportedSchemas } from "./rules/schema-not-supported.ts";
import { secrets } from "./rules/secret-literal.ts";
import { selectorCycles } from "./rules/selector-cycle.ts";
import { unboundedMatches } from "./rules/unbounded-match.ts";
import { suspiciousUnits } from "./rules/unit-suspicion.ts";
import { unusedDefinitions } from "./rules/unused-definition.ts";
import { unusedImports } from "./rules/unused-import.ts";

export type Compiled = {
  /** Null where there are errors. */
  readonly bundle: Bundle | null;
  /** What was lowered; there may be a policy without a bundle, if a check of the whole program found an error. */
  readonly policy: Policy | null;
  /** Null where the entry could not be read. */
  readonly bound: Bound | null;
  /** Everything found, sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, the entry first. */
  readonly sources: readonly SourceFile[];
};

/** Compiles the program that begins at `entry`. Never throws at what an author wrote. */
export function compile(entry: string, host: Host): Compiled {
  const { program, diagnostics: loading } = load(entry, host);
  const sources = program.files.map((file) => file.source);
  if (program.files.length === 0) return { bundle: null, policy: null, bound: null, diagnostics: sortDiagnostics(loading), sources };

  const { bound, diagnostics: binding } = bind(program, host);
  const patterns = readPatterns(bound.rules);
  const found = [...loading, ...binding, ...ofTheText(bound), ...ofThePatterns(patterns)];
  if (hasErrors(found)) return { bundle: null, policy: null, bound, diagnostics: settled(found, program, { finished: false }), sources };

  // From here on the program means something: it can be lowered, and asked about as a whole.
  const policy = lower(bound, patterns.read);
  const places = placesOf(bound);
  const span = (id: string): Span => places.get(id)?.point ?? { file: program.entry, start: 0, end: 0 };
  const proved = [...found, ...unusedImports(program, bound.names), ...unusedDefinitions(bound), ...check({ bound, policy, patterns: patterns.read, span })];
  const diagnostics = settled(proved, program, { finished: true });
  const bundle = hasErrors(diagnostics) ? null : emit({ policy, places, entry: program.entry, sources });
  return { bundle, policy, bound, diagnostics, sources };
}

/** What can be said declaration by declaration, also where others are wrong. */
function ofTheText(bound: Bound): readonly Diagnostic[] {
  const trees = bound.program.files.map((file) => file.tree);
  return [...secrets(trees), ...unsupported(bound), ...unsupportedSchemas(bound), ...suspiciousUnits(bound), ...selectorCycles(bound)];
}

function ofThePatterns(patterns: RulePatterns): readonly Diagnostic[] {
  return [...patternsNotRegular(patterns), ...patternsThatMatchEmpty(patterns), ...holdsTooShort(patterns), ...unboundedMatches(patterns)];
}

function settled(found: readonly Diagnostic[], program: Program, { finished }: { readonly finished: boolean }): readonly Diagnostic[] {
  return sortDiagnostics(suppress(found, program.files.map((file) => file.tree), { finished }).found);
}
