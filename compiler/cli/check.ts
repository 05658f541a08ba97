// `ward check [PATH…]`: everything that is wrong with the programs, at once. No network, no environment.
import { sortDiagnostics, type Diagnostic, type SourceFile } from "#lang";
import { compile } from "../compile.ts";
import { hostAt } from "./files.ts";
import { exitCodeOf, FAIL_ON, FINDINGS_FORMAT, renderFindings } from "./findings.ts";
import { entriesOf } from "./inputs.ts";
import { complain, type Io } from "./io.ts";
import { COLOR, type Verb } from "./verb.ts";

export const check: Verb = {
  name: "check",
  about: "say everything that is wrong with a policy",
  takes: "[PATH…]",
  least: 0,
  most: Infinity,
  flags: { format: FINDINGS_FORMAT, "fail-on": FAIL_ON, color: COLOR },
  more: [
    "A PATH is a .ward file, which is an entry, or a folder: then the entries its ward.json lists",
    "({ \"entries\": [\"policy.ward\"] }), or every .ward file in it that no other one there uses.",
    "Without a PATH it is the current folder.",
  ].join("\n"),
  async run(args, io) {
    const entries = entriesOf(args.given.length === 0 ? ["."] : args.given, io);
    if (!entries.ok) return complain(io, entries.problem);
    const found = checkAll(entries.value, io);
    io.out(renderFindings(found, args, io));
    return exitCodeOf(found.diagnostics, args);
  },
};

/** What several entries share is said once. */
function checkAll(entries: readonly string[], io: Io): { readonly diagnostics: readonly Diagnostic[]; readonly sources: readonly SourceFile[] } {
  const diagnostics = new Map<string, Diagnostic>();
  const sources = new Map<string, SourceFile>();
  for (const entry of entries) {
    const compiled = compile(entry, hostAt(io.cwd));
    for (const source of compiled.sources) sources.set(source.path, source);
    for (const one of compiled.diagnostics) diagnostics.set(JSON.stringify([one.code, one.span, one.message]), one);
  }
  return { diagnostics: sortDiagnostics([...diagnostics.values()]), sources: [...sources.values()] };
}
