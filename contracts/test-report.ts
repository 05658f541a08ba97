// What `ward test --format json` prints. Fields may be added and never change meaning.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";
import { ReportedDiagnostic, ReportedRange } from "./report.ts";

const place = { file: z.string(), range: ReportedRange };

export const ReportedTest = z
  .strictObject({
    title: z.string(),
    ...place,
    outcome: z.enum(["passed", "failed"]),
    /** `field` of `expect`, with both sides as they are written in a policy; null where a script was missing or left over. */
    failures: z.array(z.strictObject({ message: z.string(), help: z.string().nullable(), field: z.string().nullable(), expected: z.string().nullable(), actual: z.string().nullable(), ...place })),
    /** What happened, in order; empty for a test that passed. */
    trace: z.array(z.strictObject({ label: z.string(), text: z.string(), file: z.string().nullable(), line: z.int().min(1).nullable() })),
  })
  .meta({ id: "ReportedTest" });

export const TestReport = z
  .strictObject({
    tests: z.array(ReportedTest),
    /** Null unless coverage was asked for. `percent` is rounded down. */
    coverage: z
      .strictObject({ decisions: z.int().min(0), covered: z.int().min(0), percent: z.int().min(0).max(100), threshold: z.number().nullable() })
      .nullable(),
    /** Tests in Ward, each of them passing, for decisions that none covers. */
    suggestions: z.array(z.strictObject({ file: z.string(), decision: z.string(), text: z.string() })),
    /** Errors that kept tests from running, and decisions that no test covers. */
    diagnostics: z.array(ReportedDiagnostic),
    summary: z.strictObject({ passed: z.int().min(0), failed: z.int().min(0) }),
  })
  .meta({ id: "TestReport", title: "Report of ward test" });

export type TestReport = Frozen<z.infer<typeof TestReport>>;
