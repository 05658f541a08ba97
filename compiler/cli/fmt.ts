// `ward fmt [PATH…]`: the one layout. A file that does not parse is left alone.
import { hasErrors, parse, print, type SourceFile } from "#lang";
import { renderText } from "../report/text.ts"; // not the front door: an editor formats at every save, and the rest of it wants the whole checker
import { paletteFor } from "./color.ts";
import { readText, writeText } from "./files.ts";
import { complain, EXIT, type Io } from "./io.ts";
import { lineDiff } from "./line-diff.ts";
import { COLOR, type Arguments, type Verb } from "./verb.ts";
import { wardFilesOf } from "./ward-files.ts";

export const fmt: Verb = {
  name: "fmt",
  about: "write policies in the one layout",
  takes: "[PATH…]",
  least: 0,
  most: Infinity,
  flags: {
    check: { about: "change nothing; name the files that are not in the layout and end with 1 if there are any" },
    diff: { about: "change nothing; print what would change and end with 1 if anything would" },
    color: COLOR,
  },
  more: [
    "A PATH is a .ward file or a folder, which stands for every .ward file in it and below it.",
    "Without a PATH it is the current folder. A single `-` formats standard input to standard output.",
    "A file that does not parse is left as it is, and what is wrong with it is said.",
  ].join("\n"),
  async run(args, io) {
    if (args.given.length === 1 && args.given[0] === "-") return fmtStdin(args, io);
    const files = wardFilesOf(args.given.length === 0 ? ["."] : args.given, io);
    if (!files.ok) return complain(io, files.problem);
    let exit: number = EXIT.clean;
    let changed = 0;
    for (const path of files.value) {
      const text = readText(io.cwd, path);
      if (!text.ok) return complain(io, text.problem);
      const formatted = format({ path, text: text.value }, args, io);
      if (formatted === null) {
        exit = EXIT.findings;
        continue;
      }
      if (formatted === text.value) continue;
      changed += 1;
      const done = settle({ path, before: text.value, after: formatted }, args, io);
      if (done !== EXIT.clean) exit = Math.max(exit, done);
    }
    if (!dry(args)) io.err(`${changed} of ${files.value.length} file${files.value.length === 1 ? "" : "s"} changed\n`);
    return exit;
  },
};

async function fmtStdin(args: Arguments, io: Io): Promise<number> {
  const text = await io.stdin();
  const formatted = format({ path: "<stdin>", text }, args, io);
  if (formatted === null) return EXIT.findings;
  if (!dry(args)) {
    io.out(formatted);
    return EXIT.clean;
  }
  return formatted === text ? EXIT.clean : settle({ path: "<stdin>", before: text, after: formatted }, args, io);
}

/** Null where it does not parse, which has been said. */
function format(source: SourceFile, args: Arguments, io: Io): string | null {
  const { file, diagnostics } = parse(source);
  if (!hasErrors(diagnostics)) return print(file);
  io.err(renderText(diagnostics, [source], { palette: paletteFor(args, io, "err") }));
  return null;
}

function settle(texts: { readonly path: string; readonly before: string; readonly after: string }, args: Arguments, io: Io): number {
  if (args.on("diff")) io.out(lineDiff(texts, paletteFor(args, io)));
  else io.out(`${texts.path}\n`);
  if (dry(args)) return EXIT.findings;
  const written = writeText(io.cwd, texts.path, texts.after);
  return written.ok ? EXIT.clean : complain(io, written.problem);
}

function dry(args: Arguments): boolean {
  return args.on("check") || args.on("diff");
}
