// The `ward` command: which verb is meant, and what happens when it goes wrong. Every way out answers an exit code:
// 0 clean, 1 findings, 2 bad usage or unreadable input, 70 a bug of ours.
import { didYouMean } from "../bind/nearest.ts";
import { complain, EXIT, type Io } from "./io.ts";
import { helpOf, parse, table, type Verb } from "./verb.ts";
import { version } from "./version.ts";

/** Each is loaded when it is asked for: `check` and `fmt` do not wait for the gateway's libraries. */
const VERBS: { readonly [name: string]: () => Promise<Verb> } = {
  init: async () => (await import("./init.ts")).init,
  check: async () => (await import("./check.ts")).check,
  fmt: async () => (await import("./fmt.ts")).fmt,
  test: async () => (await import("./test.ts")).test,
  build: async () => (await import("./build.ts")).build,
  inspect: async () => (await import("./inspect.ts")).inspect,
  eval: async () => (await import("./eval.ts")).evaluate,
  diff: async () => (await import("./diff.ts")).diff,
  graph: async () => (await import("./graph.ts")).graph,
  serve: async () => (await import("./serve.ts")).serve,
  keys: async () => (await import("./keys.ts")).keys,
  receipts: async () => (await import("./receipts.ts")).receipts,
  replay: async () => (await import("./replay.ts")).replay,
  explain: async () => (await import("./explain.ts")).explainVerb,
};

export function verbs(): Promise<readonly Verb[]> {
  return Promise.all(Object.values(VERBS).map((load) => load()));
}

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
    io.err(await overview());
    return EXIT.usage;
  }
  if (first === "--version" || first === "-V") return print(io, `ward ${version()}\n`);
  if (first === "--help" || first === "-h" || first === "help") return rest[0] === undefined ? print(io, await overview()) : dispatch([rest[0], "--help"], io);
  if (!Object.hasOwn(VERBS, first)) return complain(io, unknownVerb(first));
  const verb = await VERBS[first]!();
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
  return { message: `unknown ${what} \`${word}\``, help: didYouMean(word, Object.keys(VERBS)) ?? "`ward --help` lists the verbs" };
}

async function overview(): Promise<string> {
  return [
    "ward: compile, check and serve policies for language models",
    "",
    ...table((await verbs()).map((verb) => [`  ward ${verb.name} ${verb.takes}`, verb.about] as const)),
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
