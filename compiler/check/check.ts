// IN: a bound program without errors, and its policy. OUT: everything the checks say of it, each check in its own file
// of rules/. What is found here is true of the program as a whole: it may be proved over all requests.
import type { Policy } from "#contracts";
import type { Diagnostic, Span } from "#lang";
import { lookup } from "#runtime/plan";
import type { Bound } from "../bind/bound.ts";
import { CHECKS } from "../rules/index.ts";
import { diagnose } from "../rules/rule.ts";
import type { CheckContext } from "./context.ts";

export type Checked = { readonly bound: Bound; readonly policy: Policy; span(id: string): Span };

export function check({ bound, policy, span }: Checked): readonly Diagnostic[] {
  const context: CheckContext = { bound, policy, lookup: lookup(policy), span };
  return CHECKS.flatMap((rule) => Array.from(rule.check(context), (finding) => diagnose(rule, finding)));
}
