// Binds tests: the names in them. What a test gives and expects is read by the test runner.
import type { RecordValue, Test, Value } from "#lang";
import type { Binder } from "./binder.ts";
import type { BoundTest } from "./bound.ts";
import { fieldName } from "./fields.ts";
import type { Kind } from "./names.ts";

/** Fields of `expect` that list declared names. */
const NAMES: { readonly [field: string]: readonly Kind[] } = { fired: ["rule"], attempts: ["target"], alerts: ["alert"] };

export function bindTest(node: Test, binder: Binder): BoundTest {
  const named = fieldOf(node.given, "model");
  const model = named?.kind === "name" ? binder.names.resolve(named, ["model"], node) : null;
  const upstreams = node.upstreams.flatMap((upstream) => {
    const target = binder.names.resolve(upstream.target, ["target"], node);
    return target === null ? [] : [{ node: upstream, target }];
  });
  for (const field of node.expect.fields) {
    const kinds = Object.hasOwn(NAMES, fieldName(field)) ? NAMES[fieldName(field)]! : null;
    if (kinds === null || field.value.kind !== "list") continue;
    for (const item of field.value.items) if (item.kind === "name") binder.names.resolve(item, kinds, node);
  }
  return { kind: "test", node, model, upstreams };
}

function fieldOf(record: RecordValue, name: string): Value | null {
  return record.fields.find((field) => fieldName(field) === name)?.value ?? null;
}
