// Binds what chooses among targets: dispatchers, cascades, alloys.
import type { Alloy, Arm, Cascade, Destination, Dispatcher, NumberLiteral } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { checkWhen, mismatch, readingOf, type Binder } from "./binder.ts";
import type { BoundAlloy, BoundArm, BoundCascade, BoundDestination, BoundDispatcher, BoundPart, BoundSmallest, BoundTry } from "./bound.ts";
import { isCount } from "./field-types.ts";
import { readFields } from "./fields.ts";
import { identity, idOf, partIds } from "./identity.ts";
import { SELECTORS } from "./names.ts";
import { ALLOY, CASCADE, TRY } from "./tables.ts";

export function bindDispatcher(node: Dispatcher, binder: Binder): BoundDispatcher | BoundSmallest | null {
  return node.body.kind === "arms" ? bindArms(node, node.body.arms, binder) : bindSmallest(node, node.body, binder);
}

export function bindCascade(node: Cascade, binder: Binder): BoundCascade | null {
  const reading = readingOf(node, binder);
  const fields = readFields(CASCADE, node.fields, reading);
  const id = idOf(node);
  const tries = node.tries.map((one, index): BoundTry | null => {
    const selector = binder.names.resolve(one.selector, SELECTORS, node);
    const options = readFields(TRY, one.fields, { ...reading, what: `\`try ${one.selector.text}\` of ${reading.what}`, at: one.selector.span });
    return selector === null || options === null ? null : { node: one, id: `${id}/try:${index + 1}`, selector, fields: options };
  });
  if (tries.length === 0) {
    mismatch(node.name, `${reading.what} tries nothing`, "add `try NAME`, once for each step", binder);
    return null;
  }
  const sound = allOf(tries);
  return fields === null || sound === null ? null : { kind: "cascade", node, id, fields, tries: sound };
}

export function bindAlloy(node: Alloy, binder: Binder): BoundAlloy | null {
  const reading = readingOf(node, binder);
  const fields = readFields(ALLOY, node.fields, reading);
  const selectors = allOf(node.parts.map((part) => binder.names.resolve(part.selector, SELECTORS, node)));
  const weights = allOf(node.parts.map((part) => readWeight(part.weight, binder)));
  if (node.parts.length === 0) {
    mismatch(node.name, `${reading.what} blends nothing`, "add `blend a, b`", binder);
    return null;
  }
  const heavy = node.parts.find((part) => part.weight !== null);
  if (fields !== null && fields.pick !== "weighted" && heavy !== undefined) {
    mismatch(heavy.weight!, `${reading.what} picks \`${fields.pick}\`, which takes no weights`, "remove the weight, or say `pick = weighted`", binder);
  }
  if (fields === null || selectors === null || weights === null) return null;
  const ids = partIds(idOf(node), selectors.map((one) => identity(one.to)));
  const parts = node.parts.map((part, index): BoundPart => ({ node: part, id: ids[index]!, selector: selectors[index]!, weight: weights[index]! }));
  return { kind: "alloy", node, id: idOf(node), fields, parts };
}

function bindArms(node: Dispatcher, arms: readonly Arm[], binder: Binder): BoundDispatcher | null {
  const id = idOf(node);
  const bound = arms.map((arm, index): BoundArm | null => {
    checkWhen(arm.when, node, binder);
    const then = bindDestination(arm.then, node, binder);
    const place = arm.when === null ? "otherwise" : `arm:${index + 1}`;
    return then === null ? null : { node: arm, id: `${id}/${place}`, when: arm.when, then };
  });
  const sound = allOf(bound);
  return checkOtherwise(node, arms, binder) && sound !== null ? { kind: "dispatcher", node, id, arms: sound } : null;
}

function bindDestination(destination: Destination, owner: Dispatcher, binder: Binder): BoundDestination | null {
  if (destination.kind === "refuse") return { kind: "refuse", message: destination.message.value };
  const selector = binder.names.resolve(destination.selector, SELECTORS, owner);
  return selector === null ? null : { kind: "to", selector };
}

/** The last arm, and only the last, is `otherwise`. */
function checkOtherwise(node: Dispatcher, arms: readonly Arm[], binder: Binder): boolean {
  const at = arms.findIndex((arm) => arm.when === null);
  if (at < 0) {
    mismatch(node.name, `dispatcher \`${node.name.text}\` has no \`otherwise\``, 'end it with `otherwise -> NAME` or `otherwise -> refuse "…"`', binder);
    return false;
  }
  const first = arms[at]!;
  const after = arms[at + 1];
  if (after === undefined) return true;
  if (after.when === null) binder.report(diagnose(duplicateName, { span: after.span, message: `\`otherwise\` is given twice`, labels: [{ span: first.span, text: "first given here" }], help: "keep one of the two" }));
  else mismatch(after, "an arm after `otherwise` is never reached", "move `otherwise` to the end", binder);
  return false;
}

function bindSmallest(node: Dispatcher, body: Extract<Dispatcher["body"], { kind: "smallest" }>, binder: Binder): BoundSmallest | null {
  const selectors = allOf(body.of.map((name) => binder.names.resolve(name, SELECTORS, node)));
  if (body.of.length === 0) {
    mismatch(body, `dispatcher \`${node.name.text}\` has nothing to choose from`, "name at least one: `smallest of a, b`", binder);
    return null;
  }
  if (selectors === null) return null;
  const ids = partIds(idOf(node), selectors.map((one) => identity(one.to)));
  return { kind: "smallest", node, id: idOf(node), parts: selectors.map((selector, index) => ({ id: ids[index]!, selector })) };
}

function readWeight(weight: NumberLiteral | null, binder: Binder): number | null {
  if (weight === null) return 1;
  if (isCount(weight.value) && weight.value > 0) return weight.value;
  mismatch(weight, `a weight is a whole number of at least 1, not \`${weight.text}\``, weight.value === 0 ? "remove the part: nothing would ever be drawn for it" : "scale all weights of the alloy", binder);
  return null;
}

/** The items, or null where one of them is missing. */
function allOf<T>(items: readonly (T | null)[]): readonly T[] | null {
  const found = items.filter((item) => item !== null);
  return found.length === items.length ? found : null;
}
