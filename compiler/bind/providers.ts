// Binds providers and targets.
import type { Provider, Target } from "#lang";
import type { BoundProvider, BoundTarget } from "./bound.ts";
import { mismatch, readingOf, type Binder } from "./binder.ts";
import { fieldName, readFields } from "./fields.ts";
import { idOf } from "./identity.ts";
import { PROVIDER_DEFAULTS } from "./provider-kinds.ts";
import { PROVIDER, TARGET } from "./tables.ts";

export function bindProvider(node: Provider, binder: Binder): BoundProvider | null {
  const fields = readFields(PROVIDER, node.fields, readingOf(node, binder));
  if (fields === null) return null;
  const kind = PROVIDER_DEFAULTS[fields.kind];
  if (!kind.calls) {
    const idle = node.fields.find((field) => ["base", "key", "headers"].includes(fieldName(field)));
    if (idle !== undefined) mismatch(idle, `\`${fieldName(idle)}\` means nothing for provider \`${node.name.text}\`, which calls nobody`, `remove it; a \`${fields.kind}\` provider answers from the policy itself`, binder);
  } else if (kind.base === null && fields.base === null) {
    mismatch(node.name, `provider \`${node.name.text}\` has no \`base\``, `add \`base = "https://…"\`: a provider of kind \`${fields.kind}\` has no address of its own`, binder);
  }
  return { kind: "provider", node, id: idOf(node), fields };
}

export function bindTarget(node: Target, binder: Binder): BoundTarget | null {
  const provider = binder.names.resolve(node.provider, ["provider"], node);
  const fields = readFields(TARGET, node.fields, readingOf(node, binder));
  return fields === null || provider === null ? null : { kind: "target", node, id: idOf(node), provider, fields };
}

/** A script is for targets that nobody is called for. */
export function checkReplies(target: BoundTarget, providers: readonly BoundProvider[], binder: Binder): void {
  const provider = providers.find((one) => one.id === target.provider.id);
  const replies = target.node.fields.find((field) => fieldName(field) === "replies");
  if (provider === undefined || replies === undefined || !PROVIDER_DEFAULTS[provider.fields.kind].calls) return;
  mismatch(replies, `\`replies\` means nothing for target \`${target.node.name.text}\`, whose provider is real`, "only targets of a `mock` provider are scripted", binder);
}
