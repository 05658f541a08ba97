// IN: a bound program without errors, and its policy. OUT: everything the checks say of it, each check in its own file
// of rules/. What is said here is proved over all requests; where a model has too many to be worked through, that is
// said instead.
import type { Policy } from "#contracts";
import type { Diagnostic, Span } from "#lang";
import { lookup } from "#runtime/plan";
import { orGaveUp } from "../analysis/index.ts";
import type { Bound, RulePatterns } from "../bind/index.ts";
import { CHECKS } from "../rules/index.ts";
import { notProved } from "../rules/not-proved.ts";
import { diagnose } from "../rules/rule.ts";
import { askAll } from "./asked.ts";
import type { Check, CheckContext } from "./context.ts";

export type Checked = { readonly bound: Bound; readonly policy: Policy; readonly patterns: RulePatterns["read"]; span(id: string): Span };

export function check({ bound, policy, patterns, span }: Checked): readonly Diagnostic[] {
  const program = lookup(policy);
  const { asked, tooLarge } = askAll(policy, program);
  const texts = new Map(bound.program.files.map(({ source }) => [source.path, source.text]));
  const context: CheckContext = { bound, policy, patterns, lookup: program, models: asked, span, text: (file) => texts.get(file) ?? "" };
  const unproved = tooLarge.map(({ model, because }) => diagnose(notProved, { span: span(model.id), message: `nothing is proved of \`${model.name}\`: ${because}`, help: HELP }));
  return [...CHECKS.flatMap((rule) => run(rule, context)), ...unproved];
}

const HELP = "split the model, or ask fewer facts on its way";

/** A check that needs more than there is answers for no part of the program. */
function run(rule: Check, context: CheckContext): readonly Diagnostic[] {
  const result = orGaveUp(() => Array.from(rule.check(context), (finding) => diagnose(rule, finding)));
  if (result.ok) return result.value;
  const span = context.span(context.policy.models[0]!.id);
  return [diagnose(notProved, { span, message: `\`${rule.name}\` was not checked: ${result.because}`, help: HELP })];
}
