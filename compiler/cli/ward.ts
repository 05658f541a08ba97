// The `ward` command: which verb is meant, and what happens when it goes wrong. Every way out answers an exit code:
// 0 clean, 1 findings, 2 bad usage or unreadable input, 70 a bug of ours.
import { didYouMean } from "../bind/nearest.ts";
import { build } from "./build.ts";
import { check } from "./check.ts";
import { evaluate } from "./eval.ts";
import { explainVerb } from "./explain.ts";
import { fmt } from "./fmt.ts";
import { inspect } from "./inspect.ts";
import { complain, EXIT, type Io } from "./io.ts";
import { receipts } from "./receipts.ts";
import { serve } from "./serve.ts";
import { test } from "./test.ts";
import { helpOf, parse, table, type Verb } from "./verb.ts";
import { version } from "./version.ts";

export const VERBS: readonly Verb[] = [check, fmt, test, build, inspect, evaluate, serve, receipts, explainVerb];

export async function ward(words: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(words, io);
  } catch (bug) {
    io.err(`${bugReport(words, bug)}\n`);
    return EXIT.bug;
  }
}

async function dispatch([first, ...rest]: readonly string[], io: Io): Promise<number> {
  if (first === undefined) {
    io.err(overview());
    return EXIT.usage;
  }
  if (first === "--version" || first === "-V") return print(io, `ward ${version()}\n`);
  if (first === "--help" || first === "-h" || first === "help") {
    const asked = VERBS.find((one) => one.name === rest[0]);
    if (rest[0] !== undefined && asked === undefined) return complain(io, unknownVerb(rest[0]));
    return print(io, asked === undefined ? overview() : helpOf(asked));
  }
  const verb = VERBS.find((one) => one.name === first);
  if (verb === undefined) return complain(io, unknownVerb(first));
  if (asksForHelp(rest)) return print(io, helpOf(verb));
  const args = parse(verb, rest);
  return args.ok ? verb.run(args.value, io) : complain(io, args.problem);
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

function print(io: Io, text: string): number {
  io.out(text);
  return EXIT.clean;
}

function unknownVerb(word: string): { readonly message: string; readonly help: string } {
  const what = word.startsWith("-") ? "flag" : "verb";
  return { message: `unknown ${what} \`${word}\``, help: didYouMean(word, VERBS.map((one) => one.name)) ?? "`ward --help` lists the verbs" };
}

function overview(): string {
  return [
    "ward: compile, check and serve policies for language models",
    "",
    ...table(VERBS.map((verb) => [`  ward ${verb.name} ${verb.takes}`, verb.about] as const)),
    "",
    "  ward VERB --help says more of one; ward --version prints the version",
    "",
    "exit code: 0 clean, 1 findings, 2 bad usage or unreadable input, 70 a bug of ours",
    "",
  ].join("\n");
}

function bugReport(words: readonly string[], bug: unknown): string {
  return [
    "ward: this is a bug of ours, not a mistake of yours; please send us what follows, and the policy if you may",
    "",
    `  ward ${version()}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `  arguments: ${JSON.stringify(words)}`,
    ...String(bug instanceof Error ? (bug.stack ?? bug.message) : bug).split("\n").map((line) => `  ${line}`),
  ].join("\n");
}
