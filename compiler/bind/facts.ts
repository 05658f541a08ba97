// IN: the `facts` blocks of all files. OUT: one closed set of typed facts, the built-in ones among them.
import type { Fact } from "#contracts";
import type { Diagnostic, FactDeclaration, FactType, Facts, Name } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { RECEIPT_FACTS, RECEIPT_NAMESPACE, REQUEST_FACTS, type FactKind } from "./builtin-facts.ts";
import { isHeaderName } from "./field-types.ts";
import { didYouMean } from "./nearest.ts";

export type BoundFact = { readonly node: FactDeclaration; readonly name: string; readonly type: Fact["type"]; readonly source: Fact["source"] };

export type FactSet = {
  /** In the order declared. */
  readonly declared: readonly BoundFact[];
  /** The type of every fact a request's condition may read; null for one that was declared wrongly. */
  readonly types: ReadonlyMap<string, FactKind | null>;
  /** Where it is declared; nothing for a built-in one. */
  readonly places: ReadonlyMap<string, FactDeclaration>;
};

export function bindFacts(blocks: readonly Facts[], report: (found: Diagnostic) => void): FactSet {
  const declared: BoundFact[] = [];
  const types = new Map<string, FactKind | null>(REQUEST_FACTS);
  const places = new Map<string, FactDeclaration>();
  for (const node of blocks.flatMap((block) => block.facts)) {
    const name = node.fact.path;
    const first = places.get(name);
    if (first !== undefined) {
      report(diagnose(duplicateName, { span: node.fact.span, message: `fact \`${name}\` is declared twice`, labels: [{ span: first.fact.span, text: "first declared here" }], help: "the `facts` blocks of all files are one set: remove one of the two" }));
      continue;
    }
    places.set(name, node);
    if (REQUEST_FACTS.has(name) || RECEIPT_FACTS.has(name)) {
      report(diagnose(duplicateName, { span: node.fact.span, message: `fact \`${name}\` is built in`, help: "use it without declaring it, or give yours another name" }));
      continue;
    }
    if (name.startsWith(RECEIPT_NAMESPACE)) report(diagnose(typeMismatch, { span: node.fact.span, message: `a request cannot bring the fact \`${name}\``, help: "names that begin with `receipt.` are of the finished request, which only the gateway knows" }));
    const type = readType(node.type, report);
    types.set(name, type);
    if (type !== null) declared.push({ node, name, type, source: readSource(node, report) });
  }
  return { declared, types, places };
}

function readType(type: FactType, report: (found: Diagnostic) => void): Fact["type"] | null {
  if (type.kind === "scalar") {
    const of = type.of.text;
    if (of === "bool" || of === "int" || of === "string") return { kind: of };
    const help = didYouMean(of, ["bool", "int", "string"]) ?? "a fact is a `bool`, an `int`, a `string`, an `enum(…)` or a `set(…)`";
    report(diagnose(typeMismatch, { span: type.span, message: `\`${of}\` is not a type`, help }));
    return null;
  }
  const values = new Map<string, Name>();
  for (const value of type.values) {
    const first = values.get(value.text);
    if (first === undefined) values.set(value.text, value);
    else report(diagnose(duplicateName, { span: value.span, message: `\`${value.text}\` is listed twice`, labels: [{ span: first.span, text: "first listed here" }], help: "remove one of the two" }));
  }
  if (values.size === 0) {
    report(diagnose(typeMismatch, { span: type.span, message: `\`${type.of}\` lists no value`, help: `write \`${type.of}(one, other)\`` }));
    return null;
  }
  return { kind: type.of, values: [...values.keys()].sort() };
}

function readSource({ fact, source }: FactDeclaration, report: (found: Diagnostic) => void): Fact["source"] {
  const name = source.name?.value ?? fact.path;
  const isHeader = source.from === "header" || source.from === "trusted-header";
  if (name === "" || (isHeader && !isHeaderName(name))) {
    report(diagnose(typeMismatch, { span: (source.name ?? source).span, message: name === "" ? `the source of \`${fact.path}\` has no name` : `\`${name}\` is not a header's name` }));
  }
  return { from: source.from, name };
}
