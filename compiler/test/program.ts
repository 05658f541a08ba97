// In: a compiled program. Out: its tests, run on the runtime's own engine, and the decisions they showed.
import type { Diagnostic, Span } from "#lang";
import { load, rehearsals } from "#runtime";
import type { Compiled } from "../compile.ts";
import { bundleText, placesOf } from "../emit/index.ts";
import { diagnose } from "../rules/rule.ts";
import { uncoveredDecision } from "../rules/uncovered-decision.ts";
import { witnessIn } from "../analysis/index.ts";
import { casesOf, type TestCase } from "./case.ts";
import { decisionsShown } from "./coverage.ts";
import { decisionsOf, type Decision, type Decisions } from "./decisions.ts";
import { runTest, type Stage, type TestResult } from "./run.ts";

export type TestProgram = {
  readonly compiled: Compiled;
  readonly stage: Stage;
  readonly cases: readonly TestCase[];
  /** Where an id is written. */
  placeOf(id: string): Span | null;
};

/** Null where the program has errors. */
export function openTests(compiled: Compiled): TestProgram | null {
  const { bundle, bound } = compiled;
  if (bundle === null || bound === null) return null;
  const result = load(bundleText(bundle));
  if (!result.ok) throw new Error(`the runtime refuses what the compiler emits: ${result.problem.message}`);
  const { loaded } = result;
  const places = placesOf(bound);
  return { compiled, stage: { loaded, rehearse: rehearsals(loaded) }, cases: casesOf(bound), placeOf: (id) => places.get(id)?.point ?? null };
}

export async function runAll({ stage }: Pick<TestProgram, "stage">, cases: readonly TestCase[]): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const test of cases) results.push(await runTest(test, stage));
  return results;
}

export function allDecisions({ compiled, stage }: TestProgram): Decisions {
  return decisionsOf(compiled.policy!, stage.loaded);
}

/** Keys of the decisions that tests showed. A test that failed showed nothing that can be relied on. */
export function shownByTests(results: readonly TestResult[], { stage }: TestProgram): ReadonlySet<string> {
  return new Set(results.filter((one) => one.failures.length === 0).flatMap((one) => [...decisionsShown(one.rehearsed, stage.loaded)]));
}

/** The place of a decision: its step, guard, rule or model. */
export function spanOf(decision: Decision, program: TestProgram): Span {
  const id = decision.kind === "refused" ? decision.id.slice(0, decision.id.lastIndexOf("/")) : decision.id;
  return program.placeOf(id) ?? { file: program.compiled.bound!.program.entry, start: 0, end: 0 };
}

export function uncovered(decision: Decision, program: TestProgram): Diagnostic {
  const [way] = decision.ways;
  const witness = way === undefined ? null : witnessIn(way.answers, way.region);
  return diagnose(uncoveredDecision, {
    span: spanOf(decision, program),
    message: `no test shows that ${decision.text}`,
    help: "`ward test --suggest` writes one",
    ...(witness === null ? {} : { witness: witness.request }),
  });
}

/** Every decision that no test of the program shows; none where it has errors. */
export async function uncoveredIn(compiled: Compiled): Promise<readonly Diagnostic[]> {
  const program = openTests(compiled);
  if (program === null) return [];
  const shown = shownByTests(await runAll(program, program.cases), program);
  return allDecisions(program).decisions.filter((one) => !shown.has(one.key)).map((one) => uncovered(one, program));
}
