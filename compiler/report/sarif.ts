// Diagnostics -> SARIF 2.1.0. Rules have their stable codes as ids, paths are relative to the folder the command was
// started in, and each result has a fingerprint that survives edits elsewhere in its file.
import { digestText } from "#contracts";
import { SYNTAX, type Diagnostic, type Fix, type Severity, type SourceFile, type Span } from "#lang";
import { RULES } from "../rules/index.ts";
import type { Explained } from "../rules/rule.ts";
import { rangeOf, sourcesOf, type Sources } from "./sources.ts";

const LEVELS: { readonly [severity in Severity]: string } = { error: "error", warning: "warning", info: "note" };
/** What code scanning calls them. */
const PROBLEMS: { readonly [severity in Severity]: string } = { error: "error", warning: "warning", info: "recommendation" };
const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/** `rules` is by default the whole catalogue: those without a result are listed too, so that a reader sees what was checked. */
export function renderSarif(
  found: readonly Diagnostic[],
  files: readonly SourceFile[],
  about: { readonly version: string; readonly rules?: readonly Explained[] },
): string {
  const sources = sourcesOf(files);
  const rules = ruleList(about.rules ?? RULES, found);
  const ids = rules.map((rule) => rule.id);
  const marks = fingerprints(found, sources);
  const run = {
    tool: { driver: { name: "ward", semanticVersion: about.version, rules } },
    columnKind: "utf16CodeUnits",
    originalUriBaseIds: { SRCROOT: { description: { text: "the folder the command was started in" } } },
    artifacts: [...new Set([...files.map((file) => file.path), ...found.map((one) => one.span.file)])].map((path) => ({ location: artifact(path) })),
    results: found.map((one, index) => ({
      ruleId: one.code,
      ruleIndex: ids.indexOf(one.code),
      level: LEVELS[one.severity],
      message: { text: messageOf(one) },
      locations: [location(one.span, sources)],
      ...(one.labels.length === 0 ? {} : { relatedLocations: one.labels.map((label, id) => ({ id, ...location(label.span, sources), message: { text: label.text } })) }),
      partialFingerprints: { primaryLocationLineHash: marks[index] },
      ...(one.fixes === undefined || one.fixes.length === 0 ? {} : { fixes: one.fixes.map((fix) => fixOf(fix, sources)) }),
      ...(one.witness === undefined ? {} : { properties: { witness: one.witness } }),
    })),
  };
  return `${JSON.stringify({ $schema: SCHEMA, version: "2.1.0", runs: [run] }, null, 2)}\n`;
}

type SarifRule = { readonly id: string; readonly [property: string]: unknown };

function ruleList(rules: readonly Explained[], found: readonly Diagnostic[]): readonly SarifRule[] {
  const known = new Map<string, SarifRule>([[SYNTAX.code, syntaxRule()]]);
  // Where one code has two names, the first of them speaks for it.
  for (const rule of rules) if (!known.has(rule.code)) known.set(rule.code, ruleOf(rule));
  for (const one of found) if (!known.has(one.code)) known.set(one.code, { id: one.code, name: one.name, ...helpOf([one.message]) });
  return [...known.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function ruleOf(rule: Explained): SarifRule {
  return {
    id: rule.code,
    name: rule.name,
    shortDescription: { text: rule.law },
    fullDescription: { text: rule.because },
    ...helpOf([rule.because, { title: "avoid", program: rule.avoid }, { title: "prefer", program: rule.prefer }]),
    ...levelOf(rule.severity),
  };
}

function syntaxRule(): SarifRule {
  const law = "the text follows the grammar";
  return { id: SYNTAX.code, name: SYNTAX.name, shortDescription: { text: law }, ...helpOf([law, "what does not parse has no meaning that could be checked"]), ...levelOf("error") };
}

type Paragraph = string | { readonly title: string; readonly program: string };

/** Plain, and as Markdown for those who show that. */
function helpOf(paragraphs: readonly Paragraph[]) {
  const text = paragraphs.map((one) => (typeof one === "string" ? one : `${one.title}:\n\n${one.program.trimEnd()}`)).join("\n\n");
  const markdown = paragraphs.map((one) => (typeof one === "string" ? one : `**${one.title}**\n\n\`\`\`\n${one.program.trimEnd()}\n\`\`\``)).join("\n\n");
  return { help: { text, markdown } };
}

/** Where a policy's own settings say otherwise, a result's level does. */
function levelOf(severity: Severity) {
  return { defaultConfiguration: { level: LEVELS[severity] }, properties: { "problem.severity": PROBLEMS[severity] } };
}

function messageOf(one: Diagnostic): string {
  return one.help === undefined ? one.message : `${one.message}\nhelp: ${one.help}`;
}

function location(span: Span, sources: Sources) {
  return { physicalLocation: { artifactLocation: artifact(span.file), region: region(span, sources) } };
}

function artifact(path: string) {
  return { uri: path.split("/").map(encodeURIComponent).join("/"), uriBaseId: "SRCROOT" };
}

function region(span: Span, sources: Sources) {
  const { start, end } = rangeOf(sources, span);
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column, charOffset: start.offset, charLength: end.offset - start.offset };
}

function fixOf(fix: Fix, sources: Sources) {
  const paths = [...new Set(fix.edits.map((edit) => edit.span.file))];
  return {
    description: { text: fix.title },
    artifactChanges: paths.map((path) => ({
      artifactLocation: artifact(path),
      replacements: fix.edits
        .filter((edit) => edit.span.file === path)
        .map((edit) => ({ deletedRegion: region(edit.span, sources), insertedContent: { text: edit.text } })),
    })),
  };
}

/** Over what was found, in which file, on what text: not on which line. The n-th of equal ones is told apart by n. */
function fingerprints(found: readonly Diagnostic[], sources: Sources): readonly string[] {
  const seen = new Map<string, number>();
  return found.map((one) => {
    const lines = sources(one.span.file);
    const line = lines.line(lines.at(one.span.start).line).trim().replaceAll(/\s+/g, " ");
    const mark = digestText(JSON.stringify([one.code, one.span.file, line].map((text) => text.toWellFormed()))).slice("sha256:".length, "sha256:".length + 16);
    const nth = (seen.get(mark) ?? 0) + 1;
    seen.set(mark, nth);
    return `${mark}:${nth}`;
  });
}
