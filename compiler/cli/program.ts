// A PATH of a command line -> the policy a runtime would serve. A `.ward` entry is compiled first; what is found in it goes
// to standard error, because standard output is the result's.
import { dirname } from "node:path";
import type { Bundle } from "#contracts";
import { load, type Loaded } from "#runtime/load";
import { bundleText } from "../emit/index.ts";
import { renderText } from "../report/index.ts";
import { paletteFor } from "./color.ts";
import { compileEntry } from "./compile-entry.ts";
import { hostAt, readText } from "./files.ts";
import { lookedAt, record, recording, type Looked } from "./looked.ts";
import { oneInput, type Entry } from "./inputs.ts";
import { complain, EXIT, type Io } from "./io.ts";
import type { Arguments } from "./verb.ts";

/** Null where the program has errors. Errors and warnings have been printed. */
export function compiled(entry: Entry, args: Arguments, io: Io, looked: Looked = lookedAt()): Bundle | null {
  const { bundle, diagnostics, sources } = compileEntry(entry, recording(hostAt(io.cwd), looked));
  for (const read of [entry.path, entry.config.path ?? []].flat()) looked.folders.add(dirname(read));
  const told = diagnostics.filter((one) => one.severity !== "info");
  if (told.length > 0) io.err(renderText(told, sources, { palette: paletteFor(args, io, "err") }));
  return bundle;
}

/** What is wrong has been printed; `exit` is the code that goes with it. `looked` gets what was read. */
export function loaded(path: string, args: Arguments, io: Io, looked: Looked = lookedAt()): { readonly ok: true; readonly value: Loaded } | { readonly ok: false; readonly exit: number } {
  const input = oneInput(path, args, io);
  if (!input.ok) return { ok: false, exit: complain(io, input.problem) };
  if (input.value.kind === "entry") {
    const bundle = compiled(input.value, args, io, looked);
    if (bundle === null) return { ok: false, exit: EXIT.findings };
    const result = load(bundleText(bundle));
    if (!result.ok) throw new Error(`the runtime refuses what the compiler emits: ${result.problem.message}`);
    return { ok: true, value: result.loaded };
  }
  const text = readText(io.cwd, input.value.path);
  record(looked, input.value.path, text.ok ? text.value : null);
  if (!text.ok) return { ok: false, exit: complain(io, text.problem) };
  const result = load(text.value);
  return result.ok ? { ok: true, value: result.loaded } : { ok: false, exit: complain(io, { message: `\`${path}\`: ${result.problem.message}`, help: result.problem.help }) };
}
