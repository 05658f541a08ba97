// Binds guards, and the `zone`, `region`, `provider` and `target` lists that guards and invariants share.
import type { By, Declaration, Guard, Name } from "#lang";
import { checkWhen, distinct, mismatch, type Binder } from "./binder.ts";
import type { BoundGuard } from "./bound.ts";
import { idOf } from "./identity.ts";

export function bindGuard(node: Guard, binder: Binder): BoundGuard | null {
  checkWhen(node.when, node, binder);
  const { then } = node;
  if (then.kind === "refuse") return { kind: "guard", node, id: idOf(node), then: { kind: "refuse", message: then.message.value } };
  if (then.names.length === 0) {
    mismatch(then, `\`${then.kind} ${then.by}\` names none`, `name at least one ${then.by}`, binder);
    return null;
  }
  const names = bindBy(then.by, then.names, node, binder);
  return names === null ? null : { kind: "guard", node, id: idOf(node), then: { kind: then.kind, by: then.by, names } };
}

/** Zones and regions as they are written, ids of providers and targets; sorted, because their order means nothing. */
export function bindBy(by: By, names: readonly Name[], owner: Declaration, binder: Binder): readonly string[] | null {
  const each = distinct(names, binder);
  if (by === "zone" || by === "region") return each.map((name) => name.text).sort();
  const found = each.map((name) => binder.names.resolve(name, [by], owner));
  return found.some((one) => one === null) ? null : found.map((one) => one!.id).sort();
}
