// `ward build ENTRY -o BUNDLE`: a program -> the bundle a runtime serves.
import type { Bundle } from "#contracts";
import { bundleText } from "../emit/index.ts";
import { CONFIG } from "./config.ts";
import { readText, writeText } from "./files.ts";
import { oneInput } from "./inputs.ts";
import { complain, EXIT, type Io } from "./io.ts";
import { compiled } from "./program.ts";
import { COLOR, type Verb } from "./verb.ts";

export const build: Verb = {
  name: "build",
  about: "compile a policy to the bundle a gateway serves",
  takes: "ENTRY",
  least: 1,
  most: 1,
  flags: {
    output: { value: "BUNDLE", short: "o", about: "where to write it (`-`: standard output)" },
    verify: { value: "BUNDLE", about: "write nothing; build again and end with 1 if this bundle is another" },
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "Prints the digest of the policy. The same text gives the same bytes on every machine: no time, no",
    "absolute path and nothing of the environment is in them. A program with errors is not built.",
  ].join("\n"),
  async run(args, io) {
    const output = args.text("output");
    const verify = args.text("verify");
    if ((output === undefined) === (verify === undefined)) return complain(io, { message: "`ward build` needs either `-o BUNDLE` or `--verify BUNDLE`" });
    const input = oneInput(args.given[0]!, args, io);
    if (!input.ok) return complain(io, input.problem);
    if (input.value.kind === "bundle") return complain(io, { message: `\`${input.value.path}\` is not a \`.ward\` file` });
    const bundle = compiled(input.value, args, io);
    if (bundle === null) return EXIT.findings;
    return output === undefined ? same(bundle, verify!, io) : write(bundle, output, io);
  },
};

function write(bundle: Bundle, output: string, io: Io): number {
  if (output === "-") {
    io.out(bundleText(bundle));
    io.err(`${bundle.digest}\n`);
    return EXIT.clean;
  }
  const written = writeText(io.cwd, output, bundleText(bundle));
  if (!written.ok) return complain(io, written.problem);
  io.out(`${bundle.digest}\n`);
  return EXIT.clean;
}

function same(bundle: Bundle, path: string, io: Io): number {
  const text = readText(io.cwd, path);
  if (!text.ok) return complain(io, text.problem);
  if (text.value.trimEnd() === bundleText(bundle).trimEnd()) {
    io.out(`${bundle.digest}\n`);
    return EXIT.clean;
  }
  const theirs = digestIn(text.value);
  if (theirs === null) io.err(`ward: \`${path}\` is not a bundle\n`);
  else if (theirs === bundle.digest) io.err(`ward: \`${path}\` holds the same policy, but is not the same bundle: source places, docs or the file itself differ\nhelp: build it again\n`);
  else io.err(`ward: \`${path}\` is of another policy\n  it holds   ${theirs}\n  this is    ${bundle.digest}\nhelp: build it again\n`);
  return EXIT.findings;
}

function digestIn(text: string): string | null {
  try {
    const value = JSON.parse(text) as { readonly digest?: unknown };
    return typeof value.digest === "string" ? value.digest : null;
  } catch {
    return null;
  }
}
