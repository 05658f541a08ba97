// A process that compiles one program again and again. The first time shows what `ward check` of it takes, with all code
// cold; the others, stage by stage, what an editor or a server takes. Counted in CPU time: the machines are shared.
import { bind, load, readPatterns } from "../../compiler/bind/index.ts";
import { check } from "../../compiler/check/check.ts";
import { emit, placesOf } from "../../compiler/emit/index.ts";
import { lower } from "../../compiler/lower/index.ts";
import { compile, type Host } from "#compiler";
import type { Span } from "#lang";
import { median } from "./figures.ts";
import { largeProgram, richProgram } from "./rules.ts";

export type Program = { readonly kind: "plain" | "rich"; readonly models: number };
/** Milliseconds of CPU. `whole`: from text to bundle, suppressions and their like included. */
export type Compiled = { readonly lines: number; readonly cold: number; readonly whole: number; readonly stages: readonly number[] };
export const STAGES = ["parse", "bind", "patterns", "lower", "check", "emit"] as const;

const TIMES = 3;

export function measure({ kind, models }: Program): Compiled {
  const text = kind === "plain" ? largeProgram(models) : richProgram(models);
  const host: Host = { read: (path) => (path === "policy.ward" ? text : null) };
  const whole = (): void => {
    const { bundle, diagnostics } = compile("policy.ward", host);
    if (bundle === null) throw new Error(`the bench's program does not compile: ${diagnostics[0]?.message}`);
  };
  const [cold] = timesOf([whole]) as [number];
  const warm = Array.from({ length: TIMES }, () => timesOf([whole])[0]!);
  const staged = Array.from({ length: TIMES }, () => timesOf(stagesOf(host)));
  return { lines: text.split("\n").length, cold, whole: median(warm), stages: STAGES.map((_, at) => median(staged.map((times) => times[at]!))) };
}

/** As compile.ts goes through them; each takes up what the one before it left. */
function stagesOf(host: Host): readonly (() => void)[] {
  let program!: ReturnType<typeof load>["program"];
  let bound!: ReturnType<typeof bind>["bound"];
  let patterns!: ReturnType<typeof readPatterns>;
  let policy!: ReturnType<typeof lower>;
  return [
    () => ({ program } = load("policy.ward", host)),
    () => ({ bound } = bind(program, host)),
    () => (patterns = readPatterns(bound.rules)),
    () => (policy = lower(bound, patterns.read)),
    () => {
      const places = placesOf(bound);
      const span = (id: string): Span => places.get(id)?.point ?? { file: program.entry, start: 0, end: 0 };
      check({ bound, policy, patterns: patterns.read, span });
    },
    () => emit({ policy, places: placesOf(bound), entry: program.entry, sources: program.files.map((file) => file.source) }),
  ];
}

function timesOf(work: readonly (() => void)[]): readonly number[] {
  return work.map((one) => {
    const before = process.cpuUsage();
    one();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
}

if (process.send !== undefined) {
  process.send(measure(JSON.parse(process.argv[2]!) as Program));
  process.disconnect();
}
