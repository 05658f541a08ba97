// `ward test [PATH…]`: the tests in the policies, on the runtime's own engine, with scripted upstreams and no network.
import { hasErrors, sortDiagnostics, type Diagnostic, type SourceFile } from "#lang";
import { atLevels } from "../check/levels.ts";
import { renderText } from "../report/index.ts";
import {
  allDecisions, coverageOf, openTests, runAll, shownByTests, spanOf, suggest, summaryText, testsAsGithub, testsAsJson, testsAsJunit, testsAsText, traceOf, uncovered,
  type Decision, type TestProgram, type TestResult, type TestRun,
} from "../test/index.ts";
import { paletteFor } from "./color.ts";
import { compileEntry } from "./compile-entry.ts";
import { CONFIG } from "./config.ts";
import { hostAt } from "./files.ts";
import { programsOf, type Entry } from "./inputs.ts";
import { complain, EXIT, ok, wrong, type Io, type Result } from "./io.ts";
import { COLOR, type Arguments, type Verb } from "./verb.ts";

export const test: Verb = {
  name: "test",
  about: "run the tests in a policy",
  takes: "[PATH…]",
  least: 0,
  most: Infinity,
  flags: {
    run: { value: "PATTERN", about: "only tests whose title has this in it; `*` is any text, case does not matter" },
    coverage: { about: "count the decisions that tests show, and name those that none does" },
    threshold: { value: "PERCENT", about: "end with 1 where fewer decisions are covered; implies --coverage" },
    suggest: { about: "print a passing test for each decision that none covers" },
    format: { value: "FORMAT", choices: ["text", "json", "junit", "github"], about: "how to print the result (text; github in GitHub Actions)" },
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "A PATH is a .ward file or a folder, as for `ward check`. Without one it is the current folder.",
    "Every request runs through the gateway's own engine; what its upstreams say is written in the test.",
    "Nothing is called, and no time passes: an upstream that hangs meets its deadline at once.",
    "A `coverage` under `thresholds` in ward.json is a --threshold, except for a --run of some tests.",
    "With --suggest standard output is Ward, to be appended to the policy; results go to standard error.",
  ].join("\n"),
  async run(args, io) {
    const asked = thresholdOf(args);
    if (!asked.ok) return complain(io, asked.problem);
    const entries = programsOf(args, io);
    if (!entries.ok) return complain(io, entries.problem);
    const opened = openAll(entries.value, io);
    if (opened.broken) return refuse(opened, args, io);
    const threshold = asked.value ?? (args.text("run") === undefined ? thresholdIn(entries.value) : null);
    const run = await runPrograms(opened, { args, threshold, io });
    if (!run.ok) return complain(io, run.problem);
    print(run.value, args, io);
    return exitCodeOf(run.value);
  },
};

/** A whole percentage or one with decimals. */
function thresholdOf(args: Arguments): Result<number | null> {
  const text = args.text("threshold");
  if (text === undefined) return ok(null);
  const value = Number(text);
  return /^\d+(?:\.\d+)?$/.test(text) && value <= 100 ? ok(value) : wrong(`\`--threshold\` cannot be \`${text}\``, "it is a percentage from 0 to 100");
}

/** The highest that any of the settings asks for. */
function thresholdIn(entries: readonly Entry[]): number | null {
  const asked = entries.flatMap(({ config }) => config.coverage ?? []);
  return asked.length === 0 ? null : Math.max(...asked);
}

type Program = { readonly entry: Entry; readonly tests: TestProgram };

type Opened = {
  readonly programs: readonly Program[];
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceFile[];
  readonly broken: boolean;
};

function openAll(entries: readonly Entry[], io: Io): Opened {
  const sources = new Map<string, SourceFile>();
  const diagnostics = new Map<string, Diagnostic>();
  const programs = entries.flatMap((entry) => {
    const compiled = compileEntry(entry, hostAt(io.cwd));
    for (const source of compiled.sources) sources.set(source.path, source);
    for (const one of compiled.diagnostics) diagnostics.set(JSON.stringify([one.code, one.span, one.message]), one);
    const tests = openTests(compiled);
    return tests === null ? [] : [{ entry, tests }];
  });
  const found = [...diagnostics.values()];
  return { programs, diagnostics: sortDiagnostics(found.filter((one) => one.severity === "error")), sources: [...sources.values()], broken: hasErrors(found) };
}

/** A program that does not compile has no tests that could run. */
function refuse({ diagnostics, sources }: Opened, args: Arguments, io: Io): number {
  const run: TestRun = { tests: [], coverage: null, suggestions: [], diagnostics, sources };
  if (formatOf(args, io) === "text") io.out(renderText(diagnostics, sources, { palette: paletteFor(args, io) }));
  else print(run, args, io);
  return EXIT.findings;
}

type Asked = { readonly args: Arguments; readonly threshold: number | null; readonly io: Io };

async function runPrograms({ programs, sources }: Opened, { args, threshold, io }: Asked): Promise<Result<TestRun>> {
  const wanted = matcherOf(args.text("run"));
  const tests: TestRun["tests"][number][] = [];
  const done = new Set<string>();
  const all: Covering[] = [];
  for (const program of programs) {
    const results = await runAll(program.tests, program.tests.cases.filter((one) => wanted(one.title)));
    // A library's tests belong to every program that uses it, and are told once.
    for (const result of results) {
      const key = JSON.stringify(result.test.node.title.span);
      if (!done.has(key)) tests.push({ result, trace: traceOf(result.rehearsed, program.tests.placeOf) });
      done.add(key);
    }
    all.push({ program, results });
  }
  const titles = programs.flatMap((one) => one.tests.cases.map((test) => test.title));
  if (args.text("run") !== undefined && tests.length === 0 && titles.length > 0) {
    return wrong(`no test's title has \`${args.text("run")}\` in it`, `there are ${titles.length}: ${titles.slice(0, 5).map((one) => `\`${one}\``).join(", ")}${titles.length > 5 ? ", …" : ""}`);
  }
  const asked = args.on("coverage") || threshold !== null || args.on("suggest");
  const covering = asked ? cover(all, io) : null;
  const suggestions = args.on("suggest") && covering !== null ? await suggestionsFor(covering, io) : [];
  return ok({
    tests,
    coverage: covering === null ? null : { ...covering.total, threshold },
    suggestions,
    diagnostics: covering === null || args.on("suggest") ? [] : sortDiagnostics(covering.left.flatMap(({ decision, program }) => atLevels([uncovered(decision, program.tests)], program.entry.config.levels))),
    sources,
  });
}

type Covering = { readonly program: Program; readonly results: readonly TestResult[] };
type Left = { readonly program: Program; readonly decision: Decision };
type Covered = { readonly left: readonly Left[]; readonly total: { readonly decisions: number; readonly covered: number; readonly percent: number } };

/** Over all programs; a decision that two of them share is one, and either's tests may show it. */
function cover(all: readonly Covering[], io: Io): Covered {
  const found = new Map<string, Left & { covered: boolean }>();
  for (const { program, results } of all) {
    const shown = shownByTests(results, program.tests);
    const { decisions, unknown } = allDecisions(program.tests);
    for (const { model, because } of unknown) io.err(`ward: no decision of \`${model}\` is counted: ${because}\n`);
    for (const decision of decisions) {
      const key = JSON.stringify([decision.key, spanOf(decision, program.tests)]);
      const known = found.get(key);
      if (known === undefined) found.set(key, { program, decision, covered: shown.has(decision.key) });
      else known.covered ||= shown.has(decision.key);
    }
  }
  const list = [...found.values()];
  const coverage = coverageOf(list.map((one) => one.decision), new Set(list.filter((one) => one.covered).map((one) => one.decision.key)));
  return { left: list.filter((one) => !one.covered), total: { decisions: list.length, covered: list.filter((one) => one.covered).length, percent: coverage.percent } };
}

async function suggestionsFor({ left }: Covered, io: Io): Promise<TestRun["suggestions"]> {
  const found: TestRun["suggestions"][number][] = [];
  for (const program of new Set(left.map((one) => one.program))) {
    const { suggestions, without } = await suggest(program.tests, left.filter((one) => one.program === program).map((one) => one.decision), hostAt(io.cwd));
    found.push(...suggestions.map(({ file, decision, text }) => ({ file, decision: decision.text, text })));
    for (const { text } of without) io.err(`ward: no test was found that shows that ${text}\n`);
  }
  return found;
}

function matcherOf(pattern: string | undefined): (title: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  const expression = new RegExp(parts.join(".*"), "isu");
  return (title) => expression.test(title);
}

// ── the result ───────────────────────────────────────────────────────────────────────────────────────────────

function formatOf(args: Arguments, io: Io): string {
  return args.text("format") ?? (io.env["GITHUB_ACTIONS"] === "true" ? "github" : "text");
}

function print(run: TestRun, args: Arguments, io: Io): void {
  switch (formatOf(args, io)) {
    case "json":
      return io.out(testsAsJson(run));
    case "junit":
      return io.out(testsAsJunit(run));
    case "github":
      return io.out(testsAsGithub(run));
    default: {
      const tell = args.on("suggest") ? io.err : io.out;
      const palette = paletteFor(args, io, args.on("suggest") ? "err" : "out");
      tell(run.tests.length === 0 ? "no tests found\n" : testsAsText(run, palette));
      if (run.diagnostics.length > 0) tell(`${renderText(run.diagnostics, run.sources, { palette })}\n`);
      if (run.tests.length > 0 || run.coverage !== null) tell(summaryText(run, palette));
      if (args.on("suggest")) io.out(suggestionsText(run.suggestions));
    }
  }
}

/** Where they belong to several files, each file's under its name. */
function suggestionsText(suggestions: TestRun["suggestions"]): string {
  const files = [...new Set(suggestions.map((one) => one.file))];
  return files.map((file) => [...(files.length === 1 ? [] : [`// ${file}\n`]), ...suggestions.filter((one) => one.file === file).map((one) => one.text)].join("\n")).join("\n");
}

function exitCodeOf({ tests, coverage, diagnostics }: TestRun): number {
  const failed = tests.some((one) => one.result.failures.length > 0) || hasErrors(diagnostics);
  const below = coverage !== null && coverage.threshold !== null && coverage.percent < coverage.threshold;
  return failed || below ? EXIT.findings : EXIT.clean;
}
