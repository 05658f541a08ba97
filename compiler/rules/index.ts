// The catalogue: every rule of the compiler, in the order of their codes. `explain`, suppressions and SARIF read it.
import type { Check } from "../check/context.ts";
import { armNeverFits } from "./arm-never-fits.ts";
import { attemptBound } from "./attempt-bound.ts";
import { capabilityMismatch } from "./capability-mismatch.ts";
import { contradiction } from "./contradiction.ts";
import { costBound } from "./cost-bound.ts";
import { degenerateAlloy } from "./degenerate-alloy.ts";
import { dispatcherGap } from "./dispatcher-gap.ts";
import { duplicateName } from "./duplicate-name.ts";
import { escalationLoop } from "./escalation-loop.ts";
import { guardEmptiesSet } from "./guard-empties-set.ts";
import { guardWithoutEffect } from "./guard-without-effect.ts";
import { holdTooShort } from "./hold-too-short.ts";
import { importCycle } from "./import-cycle.ts";
import { missingExhausted } from "./missing-exhausted.ts";
import { notProved } from "./not-proved.ts";
import { notSupported } from "./not-supported.ts";
import { patternMatchesEmpty } from "./pattern-matches-empty.ts";
import { patternNotRegular } from "./pattern-not-regular.ts";
import { redundantArm } from "./redundant-arm.ts";
import { reminderDoesNotFit } from "./reminder-does-not-fit.ts";
import { reminderTriggersRule } from "./reminder-triggers-rule.ts";
import { restartAfterRelease } from "./restart-after-release.ts";
import type { Explained } from "./rule.ts";
import { ruleNeverFires } from "./rule-never-fires.ts";
import { ruleShadowed } from "./rule-shadowed.ts";
import { rulesConflict } from "./rules-conflict.ts";
import { sameFailureDomain } from "./same-failure-domain.ts";
import { schemaNotSupported } from "./schema-not-supported.ts";
import { schemaUnsatisfiable } from "./schema-unsatisfiable.ts";
import { secretLiteral } from "./secret-literal.ts";
import { selectorCycle } from "./selector-cycle.ts";
import { shrinkingFallback } from "./shrinking-fallback.ts";
import { tautology } from "./tautology.ts";
import { testImpossible } from "./test-impossible.ts";
import { typeMismatch } from "./type-mismatch.ts";
import { uncoveredDecision } from "./uncovered-decision.ts";
import { unitSuspicion } from "./unit-suspicion.ts";
import { unboundedMatch } from "./unbounded-match.ts";
import { unreachableArm } from "./unreachable-arm.ts";
import { unreachableTarget } from "./unreachable-target.ts";
import { unreadableFile } from "./unreadable-file.ts";
import { unresolvedName } from "./unresolved-name.ts";
import { untrustedWidening } from "./untrusted-widening.ts";
import { unusedDefinition } from "./unused-definition.ts";
import { unusedImport } from "./unused-import.ts";
import { unusedSuppression } from "./unused-suppression.ts";
import { vacuousInvariant } from "./vacuous-invariant.ts";
import { wallBound } from "./wall-bound.ts";
import { zoneLeak } from "./zone-leak.ts";

/** Rules that look at a whole program without errors, run by check/check.ts. */
export const CHECKS: readonly Check[] = [
  untrustedWidening,
  dispatcherGap,
  unreachableArm,
  armNeverFits,
  contradiction,
  tautology,
  redundantArm,
  unreachableTarget,
  shrinkingFallback,
  capabilityMismatch,
  sameFailureDomain,
  degenerateAlloy,
  zoneLeak,
  guardWithoutEffect,
  guardEmptiesSet,
  ruleShadowed,
  rulesConflict,
  ruleNeverFires,
  reminderTriggersRule,
  restartAfterRelease,
  schemaUnsatisfiable,
  attemptBound,
  costBound,
  wallBound,
  escalationLoop,
  reminderDoesNotFit,
  testImpossible,
  vacuousInvariant,
];

/** Every rule. Where a code has two names, each is a rule of its own. */
export const RULES: readonly Explained[] = [
  ...CHECKS,
  unreadableFile,
  notSupported,
  notProved,
  unresolvedName,
  duplicateName,
  importCycle,
  unusedImport,
  unusedDefinition,
  typeMismatch,
  uncoveredDecision,
  unitSuspicion,
  secretLiteral,
  selectorCycle,
  patternNotRegular,
  patternMatchesEmpty,
  holdTooShort,
  unboundedMatch,
  missingExhausted,
  schemaNotSupported,
  unusedSuppression,
].sort((a, b) => (a.code === b.code ? (a.name < b.name ? -1 : 1) : a.code < b.code ? -1 : 1));

/** The rules of a code or a name, in any case: one, or for a code with two names both. */
export function rulesNamed(codeOrName: string): readonly Explained[] {
  const wanted = codeOrName.toLowerCase();
  return RULES.filter((rule) => rule.code.toLowerCase() === wanted || rule.name === wanted);
}
