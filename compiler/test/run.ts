// In: a test and a way to rehearse its request. Out: whether it passed, and where not, what was expected and what happened.
import type { Span } from "#lang";
import type { Loaded, Rehearse, Rehearsed, ScriptOf } from "#runtime";
import type { Script, TestCase } from "./case.ts";
import { claimText, sameValue, shownBy } from "./claim.ts";

export type Failure =
  | { readonly kind: "differs"; readonly field: string; readonly expected: string; readonly actual: string; readonly span: Span }
  /** An attempt nobody wrote a script for: what it would hear is for the author to say. */
  | { readonly kind: "unscripted"; readonly target: string; readonly nth: number; readonly span: Span }
  /** A script no attempt came to. */
  | { readonly kind: "unused"; readonly target: string; readonly span: Span };

export type TestResult = { readonly test: TestCase; readonly failures: readonly Failure[]; readonly rehearsed: Rehearsed };

/** The compiled program that tests are run on. */
export type Stage = { readonly loaded: Loaded; readonly rehearse: Rehearse };

export async function runTest(test: TestCase, { loaded, rehearse }: Stage): Promise<TestResult> {
  const { script, left } = scriptsOf(test.scripts);
  const rehearsed = await rehearse({ ...test.rehearsal, script });
  const { unscripted } = rehearsed;
  // Where a script is missing, the rest of the story did not happen, so nothing else can be said of it.
  if (unscripted !== null) {
    const nth = test.scripts.filter((one) => one.target === unscripted.id).length + 1;
    return { test, rehearsed, failures: [{ kind: "unscripted", target: unscripted.name, nth, span: test.node.title.span }] };
  }
  const shown = shownBy(rehearsed, loaded);
  const differs = test.expect.flatMap(({ field, value, span }): readonly Failure[] =>
    sameValue(value, shown[field]) ? [] : [{ kind: "differs", field, expected: claimText({ field, value }), actual: claimText({ field, value: shown[field] }), span }],
  );
  const unused = left().map((one): Failure => ({ kind: "unused", target: one.name, span: one.span }));
  return { test, rehearsed, failures: [...differs, ...unused] };
}

/** The n-th script of a target is its n-th call; an attempt that a breaker spared called nobody. */
function scriptsOf(scripts: readonly Script[]): { readonly script: ScriptOf; left(): readonly Script[] } {
  const left = [...scripts];
  return {
    script(target) {
      const at = left.findIndex((one) => one.target === target.id);
      return at < 0 ? null : left.splice(at, 1)[0]!.steps;
    },
    left: () => left,
  };
}

export function failureText(failure: Failure): string {
  switch (failure.kind) {
    case "differs":
      return `expected ${failure.expected}, but got ${failure.actual}`;
    case "unscripted":
      return `attempt ${failure.nth} on \`${failure.target}\` has no script`;
    case "unused":
      return `no attempt came to this script of \`${failure.target}\``;
  }
}

export function failureHelp(failure: Failure): string | null {
  switch (failure.kind) {
    case "differs":
      return null;
    case "unscripted":
      return `add \`upstream ${failure.target} "…"\`, or \`fails 503\`, \`hangs\` or \`cuts\``;
    case "unused":
      return "remove it, or put right what was to lead there";
  }
}
