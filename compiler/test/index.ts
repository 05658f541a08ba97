// The language's own tests, run on the runtime's engine. The front door of the test runner.
export { coverageOf, type Coverage } from "./coverage.ts";
export { type Decision } from "./decisions.ts";
export { allDecisions, openTests, runAll, shownByTests, spanOf, uncovered, uncoveredIn, type TestProgram } from "./program.ts";
export { summaryText, testsAsGithub, testsAsJson, testsAsJunit, testsAsText, type TestRun, type Told } from "./report.ts";
export { failureText, type Failure, type TestResult } from "./run.ts";
export { suggest, type Suggestion } from "./suggest.ts";
export { traceOf } from "./trace.ts";
