// What came of a run of tests, told to people and machines.
import type { TestReport } from "#contracts";
import type { Diagnostic, SourceFile, Span } from "#lang";
import { junitXml, plain, renderGithub, renderOne, reportOf, type Case, type Palette } from "../report/index.ts";
import { printable } from "../report/display.ts";
import { rangeOf, sourcesOf, type Sources } from "../report/sources.ts";
import { failureHelp, failureText, type Failure, type TestResult } from "./run.ts";
import type { TraceLine } from "./trace.ts";

export type Told = { readonly result: TestResult; readonly trace: readonly TraceLine[] };

export type TestRun = {
  /** In the order of files and of their text. */
  readonly tests: readonly Told[];
  readonly coverage: { readonly decisions: number; readonly covered: number; readonly percent: number; readonly threshold: number | null } | null;
  readonly suggestions: TestReport["suggestions"];
  /** Errors that kept tests from running, and decisions none covers. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceFile[];
};

// ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** One line a test, and under one that failed what was expected, what happened and how. */
export function testsAsText({ tests, sources }: TestRun, palette: Palette = plain): string {
  const lines = sourcesOf(sources);
  const files = [...new Set(tests.map((one) => fileOf(one)))];
  return files
    .flatMap((file) => [palette("strong", file), ...tests.filter((one) => fileOf(one) === file).flatMap((one) => testText(one, lines, palette)), ""])
    .map((line) => `${line}\n`)
    .join("");
}

export function summaryText({ tests, coverage }: TestRun, palette: Palette = plain): string {
  const failed = tests.filter((one) => one.result.failures.length > 0).length;
  const passed = tests.length - failed;
  const counts = [...(failed === 0 ? [] : [palette("error", `${failed} failed`)]), `${passed} passed`].join(", ");
  return [
    ...(tests.length === 0 ? [] : [`${tests.length} test${tests.length === 1 ? "" : "s"}: ${counts}\n`]),
    ...(coverage === null ? [] : [`coverage: ${coverage.covered} of ${coverage.decisions} decision${coverage.decisions === 1 ? "" : "s"} (${coverage.percent} %)\n`]),
    ...(coverage === null || coverage.threshold === null || coverage.percent >= coverage.threshold ? [] : [palette("error", `below the threshold of ${coverage.threshold} %`), "\n"]),
  ].join("");
}

function testText({ result, trace }: Told, sources: Sources, palette: Palette): readonly string[] {
  const { test, failures } = result;
  if (failures.length === 0) return [`  ${palette("added", "ok")}    ${printable(test.title)}`];
  const width = Math.max(...trace.map((one) => one.label.length));
  return [
    `  ${palette("error", "FAIL")}  ${printable(test.title)}`,
    ...failures.flatMap((failure) => failureLines(failure, sources, palette)),
    `        ${palette("quiet", "what happened")}`,
    ...trace.map(({ label, text, span }) => `          ${label.padEnd(width)}  ${printable(text)}${span === null ? "" : palette("quiet", `  (${placeText(span, sources)})`)}`),
  ];
}

function failureLines(failure: Failure, sources: Sources, palette: Palette): readonly string[] {
  const at = palette("place", placeText(failure.span, sources));
  if (failure.kind === "differs") return [`        ${at}`, `          expected ${failure.expected}`, `          but got  ${failure.actual}`];
  return [`        ${at}`, `          ${failureText(failure)}`, `          help: ${failureHelp(failure)}`];
}

function placeText(span: Span, sources: Sources): string {
  const { line, column } = sources(span.file).at(span.start);
  return `${span.file}:${line}:${column}`;
}

function fileOf({ result }: Told): string {
  return result.test.node.span.file;
}

// ── machines ─────────────────────────────────────────────────────────────────────────────────────────────────

export function testsAsJson(run: TestRun): string {
  const sources = sourcesOf(run.sources);
  const place = (span: Span) => ({ file: span.file, range: rangeOf(sources, span) });
  const failed = run.tests.filter((one) => one.result.failures.length > 0).length;
  const report: TestReport = {
    tests: run.tests.map(({ result: { test, failures }, trace }) => ({
      title: test.title,
      ...place(test.node.title.span),
      outcome: failures.length === 0 ? "passed" : "failed",
      failures: failures.map((failure) => ({
        message: failureText(failure),
        help: failureHelp(failure),
        field: failure.kind === "differs" ? failure.field : null,
        expected: failure.kind === "differs" ? failure.expected : null,
        actual: failure.kind === "differs" ? failure.actual : null,
        ...place(failure.span),
      })),
      trace: failures.length === 0 ? [] : trace.map(({ label, text, span }) => ({ label, text, file: span?.file ?? null, line: span === null ? null : sources(span.file).at(span.start).line })),
    })),
    coverage: run.coverage,
    suggestions: run.suggestions,
    diagnostics: reportOf(run.diagnostics, run.sources).diagnostics,
    summary: { passed: run.tests.length - failed, failed },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** A program that does not compile is a case that fails, or a reader would see none. */
export function testsAsJunit({ tests, diagnostics, sources }: TestRun): string {
  const lines = sourcesOf(sources);
  const broken = diagnostics.filter((one) => one.severity === "error").map((one): Case => ({ name: `${one.code} ${one.name}: ${one.message}`, suite: one.span.file, failure: { message: one.message, type: one.code, text: renderOne(one, sources) } }));
  return junitXml("ward test", [
    ...broken,
    ...tests.map((one): Case => {
      const { test, failures } = one.result;
      const suite = fileOf(one);
      if (failures.length === 0) return { name: test.title, suite };
      return { name: test.title, suite, failure: { message: failures.map(failureText).join("; "), type: failures[0]!.kind, text: testText(one, lines, plain).join("\n") } };
    }),
  ]);
}

/** An annotation for each failure, then those of the diagnostics. */
export function testsAsGithub({ tests, diagnostics, sources }: TestRun): string {
  const failed = tests.flatMap(({ result: { test, failures } }) =>
    failures.map((failure): Diagnostic => {
      const help = failureHelp(failure);
      return { code: "test", name: test.title, severity: "error", message: failureText(failure), span: failure.span, labels: [], ...(help === null ? {} : { help }) };
    }),
  );
  return renderGithub([...failed, ...diagnostics], sources);
}
