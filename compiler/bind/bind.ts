// IN: a program. OUT: the bound program and everything wrong with its names and types, all at once.
// From here on no name is looked up and no field is read again.
import type { Declaration, Diagnostic } from "#lang";
import type { Host } from "../host.ts";
import type { Binder } from "./binder.ts";
import type { Bound } from "./bound.ts";
import { bindFacts } from "./facts.ts";
import { bindGuard } from "./guards.ts";
import { bindInvariant, invariantIds } from "./invariants.ts";
import type { Program } from "./load.ts";
import { bindAlert, bindModel, checkPublicNames } from "./models.ts";
import { collectNames } from "./names.ts";
import { bindProvider, bindTarget, checkReplies } from "./providers.ts";
import { bindRule } from "./rules.ts";
import { bindAlloy, bindCascade, bindDispatcher } from "./selectors.ts";
import { bindTest, checkTitles } from "./tests.ts";

export function bind(program: Program, host: Host): { readonly bound: Bound; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (found: Diagnostic): void => void diagnostics.push(found);
  const all = program.files.flatMap((file) => file.tree.declarations);
  const names = collectNames(program);
  const binder: Binder = { names, facts: bindFacts(of(all, "facts"), report), host, report };
  const ids = invariantIds(of(all, "invariant"), report);

  const bound: Bound = {
    program,
    names,
    facts: binder.facts,
    providers: of(all, "provider").flatMap((node) => bindProvider(node, binder) ?? []),
    targets: of(all, "target").flatMap((node) => bindTarget(node, binder) ?? []),
    selectors: [
      ...of(all, "dispatcher").flatMap((node) => bindDispatcher(node, binder) ?? []),
      ...of(all, "cascade").flatMap((node) => bindCascade(node, binder) ?? []),
      ...of(all, "alloy").flatMap((node) => bindAlloy(node, binder) ?? []),
    ],
    guards: of(all, "guard").flatMap((node) => bindGuard(node, binder) ?? []),
    rules: of(all, "rule").flatMap((node) => bindRule(node, binder) ?? []),
    alerts: of(all, "alert").flatMap((node) => bindAlert(node, binder) ?? []),
    models: of(all, "model").flatMap((node) => bindModel(node, binder) ?? []),
    invariants: of(all, "invariant").flatMap((node) => bindInvariant(node, ids, binder) ?? []),
    tests: of(all, "test").map((node) => bindTest(node, binder)),
  };
  for (const target of bound.targets) checkReplies(target, bound.providers, binder);
  checkPublicNames(bound.models, binder);
  checkTitles(of(all, "test"), report);
  return { bound, diagnostics: [...names.diagnostics, ...diagnostics] };
}

function of<K extends Declaration["kind"]>(all: readonly Declaration[], kind: K): readonly Extract<Declaration, { kind: K }>[] {
  return all.filter((one): one is Extract<Declaration, { kind: K }> => one.kind === kind);
}
