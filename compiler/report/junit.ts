// Findings -> JUnit XML: one suite for each file, one case for each finding in it. A file without findings is one
// case that passes, so that a reader of the report sees that it was looked at.
import type { Diagnostic, Severity, SourceFile } from "#lang";
import { reaches, renderOne } from "./text.ts";

/** `failure` fails the case, `note` is only told; a case with neither passed. */
export type Case = { readonly name: string; readonly suite: string; readonly failure?: { readonly message: string; readonly type: string; readonly text: string }; readonly note?: string };

/** Findings below `failOn` are told in a case that passes. */
export function renderJunit(found: readonly Diagnostic[], files: readonly SourceFile[], failOn: Severity = "error"): string {
  const paths = [...new Set([...files.map((file) => file.path), ...found.map((one) => one.span.file)])];
  return junitXml(
    "ward check",
    paths.flatMap((path) => {
      const here = found.filter((one) => one.span.file === path);
      return here.length === 0 ? [{ name: "nothing found", suite: path }] : here.map((one) => caseOf(one, { path, files, failOn }));
    }),
  );
}

/** The XML of any list of cases; suites stand in the order in which they first occur. */
export function junitXml(name: string, cases: readonly Case[]): string {
  const suites = [...new Set(cases.map((one) => one.suite))].map((suite) => ({ suite, cases: cases.filter((one) => one.suite === suite) }));
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="${escape(name)}" ${counts(cases)}>`,
    ...suites.flatMap((one) => [
      `  <testsuite name="${escape(one.suite)}" ${counts(one.cases)}>`,
      ...one.cases.flatMap(drawCase),
      `  </testsuite>`,
    ]),
    `</testsuites>`,
    ``,
  ].join("\n");
}

function caseOf(one: Diagnostic, { path, files, failOn }: { path: string; files: readonly SourceFile[]; failOn: Severity }): Case {
  const text = renderOne(one, files);
  const name = `${one.code} ${one.name}: ${one.message}`;
  return reaches(one.severity, failOn)
    ? { name, suite: path, failure: { message: one.message, type: one.code, text } }
    : { name, suite: path, note: text };
}

function counts(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${cases.filter((one) => one.failure !== undefined).length}" errors="0" skipped="0"`;
}

function drawCase({ name, suite, failure, note }: Case): readonly string[] {
  const head = `    <testcase name="${escape(name)}" classname="${escape(suite)}"`;
  if (failure !== undefined) {
    return [`${head}>`, `      <failure message="${escape(failure.message)}" type="${escape(failure.type)}">${escape(failure.text)}</failure>`, `    </testcase>`];
  }
  return note === undefined ? [`${head}/>`] : [`${head}>`, `      <system-out>${escape(note)}</system-out>`, `    </testcase>`];
}

/** XML 1.0 has no way at all to write most control characters and lone surrogates. */
function escape(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\t\n\r]|[\p{Surrogate}\ufffe\uffff]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
