// What binding one declaration needs of the whole program.
import type { Condition, Declaration, Diagnostic, Name, NamedDeclaration } from "#lang";
import type { Host } from "../host.ts";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { duplicateName } from "../rules/duplicate-name.ts";
import { checkCondition } from "./conditions.ts";
import type { FactSet } from "./facts.ts";
import type { Reading } from "./fields.ts";
import type { Names } from "./names.ts";

export type Binder = {
  readonly names: Names;
  readonly facts: FactSet;
  readonly host: Host;
  report(found: Diagnostic): void;
};

/** How a declaration's own fields are read. */
export function readingOf(owner: NamedDeclaration, { names, report }: Binder): Reading {
  return { what: `${owner.kind} \`${owner.name.text}\``, at: owner.name.span, owner, names, report };
}

export function checkWhen(when: Condition | null, owner: Declaration, { facts, names, report }: Binder): void {
  checkCondition(when, { facts, names, owner, report });
}

export function mismatch(at: { readonly span: Diagnostic["span"] }, message: string, help: string, { report }: Binder): void {
  report(diagnose(typeMismatch, { span: at.span, message, help }));
}

/** The names of a list clause, each once. */
export function distinct(names: readonly Name[], { report }: Binder): readonly Name[] {
  const first = new Map<string, Name>();
  for (const name of names) {
    const before = first.get(name.text);
    if (before === undefined) first.set(name.text, name);
    else report(diagnose(duplicateName, { span: name.span, message: `\`${name.text}\` is listed twice`, labels: [{ span: before.span, text: "first listed here" }], help: "remove one of the two" }));
  }
  return [...first.values()];
}
