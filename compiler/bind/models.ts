// Binds models and alerts, and sees to it that no two public names can be confused.
import type { Alert, Diagnostic, Model, Span } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { checkWhen, mismatch, readingOf, type Binder } from "./binder.ts";
import type { BoundAlert, BoundModel } from "./bound.ts";
import { fieldName, readFields } from "./fields.ts";
import { idOf } from "./identity.ts";
import { ALERT, MODEL } from "./tables.ts";

export function bindAlert(node: Alert, binder: Binder): BoundAlert | null {
  checkWhen(node.when, node, binder);
  const fields = readFields(ALERT, node.fields, readingOf(node, binder));
  return fields === null ? null : { kind: "alert", node, id: idOf(node), fields };
}

export function bindModel(node: Model, binder: Binder): BoundModel | null {
  const fields = readFields(MODEL, node.fields, readingOf(node, binder));
  const empty = fields?.aliases.some((alias) => publicName(alias).trim() === "");
  if (empty === true) mismatch(placesOfAliases(node)[0] ?? node.name, `an alias of model \`${node.name.text}\` is empty`, "remove it", binder);
  return fields === null || empty === true ? null : { kind: "model", node, id: idOf(node), fields };
}

/** Clients may write `wardwright/name`, and some of them change case: names that then are one are refused. */
export function checkPublicNames(models: readonly BoundModel[], { names: { declarations }, report }: Binder): void {
  const taken = new Map<string, { readonly text: string; readonly span: Span }>();
  for (const { node, fields } of models) {
    if (declarations.get(node.name.text) !== node) continue; // declared twice, which has been reported
    const places = placesOfAliases(node);
    const names = [{ text: node.name.text, span: node.name.span }, ...fields.aliases.map((text, index) => ({ text, span: places[index]?.span ?? node.name.span }))];
    for (const name of names) {
      const first = taken.get(publicName(name.text));
      if (first === undefined) taken.set(publicName(name.text), name);
      else report(twins(first, name));
    }
  }
}

function twins(first: { readonly text: string; readonly span: Span }, second: { readonly text: string; readonly span: Span }): Diagnostic {
  const same = first.text === second.text;
  return diagnose(duplicateName, {
    span: second.span,
    message: same ? `the public name \`${second.text}\` is taken` : `the public names \`${first.text}\` and \`${second.text}\` cannot be told apart`,
    labels: [{ span: first.span, text: "first given here" }],
    help: same ? "choose another" : "public names must differ by more than case and the `wardwright/` prefix",
  });
}

function publicName(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith("wardwright/") ? lower.slice("wardwright/".length) : lower;
}

function placesOfAliases(node: Model): readonly { readonly span: Span }[] {
  const value = node.fields.find((field) => fieldName(field) === "aliases")?.value;
  return value?.kind === "list" ? value.items : [];
}
