// `// ward-allow W3005: reason` above a declaration takes back what is said about that declaration under that code.
// IN: everything that was found, and the trees with their comments. OUT: what is left, and a diagnostic for each
// suppression that suppresses nothing. Errors are never taken back: what harms is not a matter of taste.
import type { Comment, Diagnostic, File, Span } from "#lang";
import { didYouMean } from "../bind/nearest.ts";
import { rulesNamed, RULES } from "../rules/index.ts";
import { diagnose } from "../rules/rule.ts";
import { unusedSuppression } from "../rules/unused-suppression.ts";

export type Suppressed = {
  readonly found: readonly Diagnostic[];
  /** What was taken back, for those who want to count it. */
  readonly allowed: readonly Diagnostic[];
};

/** `finished`: every check has run. Where errors stopped the checks, nobody can say yet that a suppression is unused. */
export function suppress(found: readonly Diagnostic[], trees: readonly File[], { finished }: { readonly finished: boolean }): Suppressed {
  const allowances = trees.flatMap((tree) => tree.comments.flatMap((comment) => read(comment, tree) ?? []));
  const used = new Set<Allowance>();
  const allowed: Diagnostic[] = [];
  const left = found.filter((one) => {
    const by = allowances.find((allowance) => allows(allowance, one));
    if (by === undefined) return true;
    used.add(by);
    allowed.push(one);
    return false;
  });
  const unused = allowances.filter((one) => !used.has(one)).flatMap((one) => complain(one, found, finished) ?? []);
  return { found: [...left, ...unused], allowed };
}

/** `over` is the declaration below it; null where none follows. */
type Allowance = { readonly span: Span; readonly rule: string; readonly reason: string; readonly over: Span | null; readonly style: Comment["style"] };

const FORM = "// ward-allow W3005: reason";

function read(comment: Comment, tree: File): Allowance | null {
  const match = /^(?:\/{2,3}|\/\*+)\s*ward-allow\b([^\n]*)/.exec(comment.text);
  if (match === null) return null;
  const [, rule = "", reason = ""] = /^\s*([^\s:]*)\s*:?([^]*)$/.exec(match[1]!.replace(/\*\/\s*$/, "")) ?? [];
  return { span: comment.span, rule, reason: reason.trim(), over: declarationBelow(comment, tree), style: comment.style };
}

function declarationBelow(comment: Comment, tree: File): Span | null {
  const spans = [...tree.uses, ...tree.declarations].map((one) => one.span).sort((a, b) => a.start - b.start);
  const inside = spans.find((span) => span.start <= comment.span.start && comment.span.end <= span.end);
  // A declaration may begin with its doc comment; what stands between that and its first word is still above it.
  if (inside !== undefined) return comments(tree, inside.start, comment.span.start) ? inside : null;
  return spans.find((span) => span.start >= comment.span.end) ?? null;
}

/** Whether a comment begins at `from` and none but comments reach up to `to`. */
function comments(tree: File, from: number, to: number): boolean {
  const between = tree.comments.filter((one) => one.span.start >= from && one.span.end <= to);
  return between[0]?.span.start === from && between.every((one) => one.style === "doc");
}

function allows({ rule, reason, over, style }: Allowance, { code, name, severity, span }: Diagnostic): boolean {
  if (severity === "error" || reason === "" || style === "doc" || over === null) return false;
  return (rule === code || rule === name) && span.file === over.file && over.start <= span.start && span.start < over.end;
}

function complain({ span, rule, reason, over, style }: Allowance, found: readonly Diagnostic[], finished: boolean): Diagnostic | null {
  const say = (message: string, help: string): Diagnostic => diagnose(unusedSuppression, { span, message, help });
  if (style === "doc") return say("a suppression in a doc comment suppresses nothing", `write it as a plain comment: \`${FORM}\``);
  if (rule === "") return say("this suppression names no code", `write it as \`${FORM}\``);
  const known = rulesNamed(rule);
  if (known.length === 0) {
    return say(`\`${rule}\` is not a code or name of a diagnostic`, didYouMean(rule, RULES.flatMap((one) => [one.code, one.name])) ?? "`ward explain` lists them all");
  }
  if (known.every((one) => one.severity === "error")) return say(`\`${rule}\` is an error, and errors cannot be allowed`, "put right what it says, and remove this comment");
  if (reason === "") return say("this suppression gives no reason", `say why, for who reads the policy next: \`${FORM.replace("W3005", rule)}\``);
  if (over === null) return say("this suppression stands above no declaration", "put it on the line above the declaration it is about");
  const harm = found.find((one) => one.severity === "error" && (one.code === rule || one.name === rule) && over.start <= one.span.start && one.span.start < over.end && one.span.file === over.file);
  if (harm !== undefined) return say(`\`${rule}\` is an error here, and errors cannot be allowed`, "put right what it says, and remove this comment");
  return finished ? say(`\`${rule}\` is not found in the declaration below`, "remove this comment") : null;
}
