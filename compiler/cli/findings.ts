// Diagnostics as the command prints them: one format of several, and the exit code that goes with them.
import type { Diagnostic, Severity, SourceFile } from "#lang";
import { reaches, renderGithub, renderJson, renderJunit, renderSarif, renderText } from "../report/index.ts";
import { RULES } from "../rules/index.ts";
import { paletteFor } from "./color.ts";
import { shownPath } from "./files.ts";
import { EXIT, type Io } from "./io.ts";
import type { Arguments, Flag } from "./verb.ts";
import { version } from "./version.ts";

export const FINDINGS_FORMAT: Flag = {
  value: "FORMAT",
  choices: ["text", "json", "github", "sarif", "junit"],
  about: "how to print what is found (text; github in GitHub Actions)",
};

export const FAIL_ON: Flag = { value: "SEVERITY", choices: ["error", "warning", "info"], about: "end with 1 from this severity up (that of ward.json, or error)" };

type Found = { readonly diagnostics: readonly Diagnostic[]; readonly sources: readonly SourceFile[]; readonly failOn: Severity };

export function renderFindings({ diagnostics, sources, failOn }: Found, args: Arguments, io: Io): string {
  const format = args.text("format") ?? (io.env["GITHUB_ACTIONS"] === "true" ? "github" : "text");
  switch (format) {
    case "json":
      return renderJson(diagnostics, sources);
    case "github":
      return renderGithub(diagnostics, sources, folderInRepository(io));
    case "sarif":
      return renderSarif(diagnostics, sources, { rules: RULES, version: version() });
    case "junit":
      return renderJunit(diagnostics, sources, failOn);
    default:
      return renderText(diagnostics, sources, { palette: paletteFor(args, io), ...(io.terminal.columns === undefined ? {} : { columns: io.terminal.columns }) });
  }
}

export function exitCodeOf(diagnostics: readonly Diagnostic[], failOn: Severity): number {
  return diagnostics.some((one) => reaches(one.severity, failOn)) ? EXIT.findings : EXIT.clean;
}

/** What the command line asks for, else what the settings do. */
export function failLevel(args: Arguments, settings: Severity): Severity {
  return (args.text("fail-on") ?? settings) as Severity;
}

/** A step may run in a folder of the repository; outside of one, or of GitHub Actions, paths stay as they are. */
export function folderInRepository({ cwd, env }: Io): string {
  const root = env["GITHUB_WORKSPACE"] ?? "";
  const folder = root === "" ? "" : shownPath(root, cwd);
  return folder.startsWith("..") || folder.startsWith("/") ? "" : folder;
}
