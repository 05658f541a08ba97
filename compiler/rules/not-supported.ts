// LAW: everything a program asks for is enforced. Asked of the entry, and of what its models reach in other files: a
// library may hold more than this version can do.
import type { Declaration, Diagnostic, Name, Span } from "#lang";
import type { Bound } from "../bind/bound.ts";
import { inForce } from "../bind/reach.ts";
import { NOT_YET } from "../bind/supported.ts";
import { diagnose, type Explained } from "./rule.ts";

export const notSupported: Explained = {
  code: "W0003",
  name: "not-supported",
  severity: "error",
  law: "everything a program asks for is enforced by this version",
  because: "a rule that is accepted but not enforced is worse than none: whoever reads the policy relies on it",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

alert unhappy {
  when receipt.status == failed
}

model chat {
  route = small
  alerts = [unhappy]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

model chat { route = small }
`,
};

export function unsupported({ program, names }: Bound): readonly Diagnostic[] {
  const all = program.files.flatMap((file) => file.tree.declarations);
  const reached = inForce(all, names);
  return all.filter((one) => one.span.file === program.entry || reached.has(one)).flatMap((one) => whatIsNot(one) ?? []);
}

function whatIsNot(declaration: Declaration): Diagnostic | null {
  if (NOT_YET.declarations.includes(declaration.kind)) return say(placeOf(declaration), `${declaration.kind}s are`);
  if (declaration.kind === "rule" && NOT_YET.channels.includes(declaration.channel.on)) return say(declaration.channel.span, `rules on ${declaration.channel.on} are`);
  return null;
}

function say(span: Span, what: string): Diagnostic {
  return diagnose(notSupported, { span, message: `${what} not supported by this version`, help: "remove it: what is not enforced must not be relied on" });
}

function placeOf(declaration: Declaration): Span {
  const named: { readonly name?: Name; readonly title?: { readonly span: Span } } = declaration.kind === "facts" ? {} : declaration;
  return (named.name ?? named.title ?? declaration).span;
}
