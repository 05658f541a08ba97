// LAW: every name a file imports is used in it. Not asked of a program with errors: what is wrong may be the use.
import type { Diagnostic } from "#lang";
import type { Names } from "../bind/names.ts";
import type { Program } from "../bind/load.ts";
import { diagnose, type Explained } from "./rule.ts";

export const unusedImport: Explained = {
  code: "W1003",
  name: "unused-import",
  severity: "warning",
  law: "every name a file imports is used in it",
  because: "an import that nothing uses is often a rule or guard that somebody forgot to put into force",
  avoid: `ward 1
use "./lib/targets.ward" { small, large }

model chat { route = small }
`,
  prefer: `ward 1
use "./lib/targets.ward" { small }

model chat { route = small }
`,
  files: {
    "lib/targets.ward": `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }
`,
  },
};

export function unusedImports(program: Program, names: Names): readonly Diagnostic[] {
  return program.files.flatMap((file) => {
    const used = new Set(names.references.filter((one) => one.name.span.file === file.source.path).map((one) => one.name.text));
    return file.imports.flatMap(({ use }) =>
      use.names
        .filter((name) => !used.has(name.text))
        .map((name) => diagnose(unusedImport, { span: name.span, message: `\`${name.text}\` is imported and never used`, help: "use it, or remove it from the import" })),
    );
  });
}
