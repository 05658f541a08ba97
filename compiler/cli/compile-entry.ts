// A program under its settings: what they make an error leaves no bundle.
import { hasErrors } from "#lang";
import { atLevels } from "../check/levels.ts";
import { compile, type Compiled } from "../compile.ts";
import type { Host } from "../host.ts";
import type { Entry } from "./inputs.ts";

export function compileEntry({ path, config }: Entry, host: Host): Compiled {
  const compiled = compile(path, host);
  const diagnostics = atLevels(compiled.diagnostics, config.levels);
  return { ...compiled, diagnostics, bundle: hasErrors(diagnostics) ? null : compiled.bundle };
}
