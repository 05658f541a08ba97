// LAW: everything the entry declares can be reached from a model, an invariant or a test. Not asked of a program without
// models, which is a library, nor of the files an entry uses, nor of a program with errors: what is wrong may be the use.
import type { Diagnostic } from "#lang";
import type { Bound } from "../bind/bound.ts";
import { isNamed } from "../bind/names.ts";
import { reachedFrom } from "../bind/reach.ts";
import { diagnose, type Explained } from "./rule.ts";

export const unusedDefinition: Explained = {
  code: "W1004",
  name: "unused-definition",
  severity: "warning",
  law: "every declaration of a program with models is reached by one of them, by an invariant or by a test",
  because: "a guard or rule that no model lists guards nothing, however much it looks as if it did",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /OldClient/
  then block "deprecated API in output"
}

model chat { route = small }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /OldClient/
  then block "deprecated API in output"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
};

export function unusedDefinitions({ program, names }: Bound): readonly Diagnostic[] {
  const all = program.files.flatMap((file) => file.tree.declarations);
  const roots = all.filter((one) => one.kind === "model" || one.kind === "invariant" || one.kind === "test");
  if (!roots.some((one) => one.kind === "model")) return [];
  const reached = reachedFrom(roots, names);
  return all
    .filter(isNamed)
    .filter((one) => one.span.file === program.entry && !reached.has(one))
    .map((one) => diagnose(unusedDefinition, { span: one.name.span, message: `${one.kind} \`${one.name.text}\` is used by no model`, help: HELP[one.kind] }));
}

const HELP = {
  provider: "give it a target, or remove it",
  target: "route to it, or remove it",
  dispatcher: "route to it, or remove it",
  cascade: "route to it, or remove it",
  alloy: "route to it, or remove it",
  guard: "list it in a model's `guards`, or remove it",
  rule: "list it in a model's `rules`, or remove it",
  alert: "list it in a model's `alerts`, or remove it",
  model: "",
};
