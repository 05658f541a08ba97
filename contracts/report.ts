// What `ward check --format json` prints. Fields may be added and never change meaning.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";

/** `line` and `column` count from 1, `offset` from 0; a column and an offset are UTF-16 code units. */
export const ReportedPosition = z
  .strictObject({ line: z.int().min(1), column: z.int().min(1), offset: z.int().min(0) })
  .meta({ id: "ReportedPosition" });

/** From `start` up to and without `end`. */
export const ReportedRange = z.strictObject({ start: ReportedPosition, end: ReportedPosition }).meta({ id: "ReportedRange" });

const place = { file: z.string(), range: ReportedRange };

export const ReportedDiagnostic = z
  .strictObject({
    code: z.string().regex(/^W[0-9]{4}$/),
    name: z.string(),
    severity: z.enum(["error", "warning", "info"]),
    message: z.string(),
    ...place,
    /** Further places that explain the first. */
    labels: z.array(z.strictObject({ ...place, message: z.string() })),
    because: z.string().nullable(),
    help: z.string().nullable(),
    /** `safe` ones keep the meaning; `ward check --fix` applies them. */
    fixes: z.array(z.strictObject({ title: z.string(), safe: z.boolean(), edits: z.array(z.strictObject({ ...place, text: z.string() })) })),
    /** A request that shows it, as `ward eval --request` reads it; null where there is none. */
    witness: z.json(),
  })
  .meta({ id: "Diagnostic" });

export const CheckReport = z
  .strictObject({
    diagnostics: z.array(ReportedDiagnostic),
    summary: z.strictObject({ errors: z.int().min(0), warnings: z.int().min(0), infos: z.int().min(0) }),
  })
  .meta({ id: "CheckReport", title: "Report of ward check", description: "Diagnostics in the order of files and places." });

export type ReportedPosition = Frozen<z.infer<typeof ReportedPosition>>;
export type ReportedRange = Frozen<z.infer<typeof ReportedRange>>;
export type ReportedDiagnostic = Frozen<z.infer<typeof ReportedDiagnostic>>;
export type CheckReport = Frozen<z.infer<typeof CheckReport>>;
