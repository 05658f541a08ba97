// What a verb is: its name, what it takes, and what it does. Its help is made from this, so that the two cannot differ.
import { parseArgs } from "node:util";
import { didYouMean, listed } from "../bind/nearest.ts";
import { ok, wrong, type Io, type Result } from "./io.ts";

/** `value` is the placeholder of what follows the flag; a flag without one is on or off. */
export type Flag = {
  readonly value?: string;
  readonly short?: string;
  readonly choices?: readonly string[];
  readonly about: string;
};

export type Arguments = {
  readonly given: readonly string[];
  text(flag: string): string | undefined;
  on(flag: string): boolean;
};

export type Verb = {
  readonly name: string;
  /** One line. */
  readonly about: string;
  /** What stands after the name: `[PATH…]`. */
  readonly takes: string;
  /** How many arguments that is. */
  readonly least: number;
  readonly most: number;
  readonly flags: { readonly [name: string]: Flag };
  /** Further paragraphs of the help: what the line above cannot say. */
  readonly more: string;
  readonly run: (args: Arguments, io: Io) => Promise<number>;
};

export const COLOR: Flag = { value: "WHEN", choices: ["auto", "always", "never"], about: "colour the output (auto: on a terminal where NO_COLOR is not set)" };
export const FORMAT: Flag = { value: "FORMAT", choices: ["text", "json"], about: "how to print the result (text)" };

export function parse(verb: Verb, words: readonly string[]): Result<Arguments> {
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(verb.flags).map(([name, flag]) => [name, { type: flag.value === undefined ? "boolean" : "string", ...(flag.short === undefined ? {} : { short: flag.short }) } as const])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given: string[] = [];
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") given.push(token.value);
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(verb.flags, token.name) ? verb.flags[token.name]! : null;
    if (flag === null) return wrong(`unknown flag \`${token.rawName}\``, didYouMean(token.rawName, Object.keys(verb.flags).map((name) => `--${name}`)) ?? `\`ward ${verb.name} --help\` lists its flags`);
    if (values.has(token.name)) return wrong(`\`${token.rawName}\` is given twice`);
    if (flag.value === undefined) {
      if (token.value !== undefined) return wrong(`\`${token.rawName}\` takes no value`);
      values.set(token.name, "");
      continue;
    }
    // `--model --key k`: a flag is not the value of another; one that begins with a dash is written `--key=-k`.
    if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))) return wrong(`\`${token.rawName}\` needs a value: ${flag.value}`);
    if (flag.choices !== undefined && !flag.choices.includes(token.value)) {
      return wrong(`\`${token.rawName}\` cannot be \`${token.value}\``, didYouMean(token.value, flag.choices) ?? `it is one of ${listed(flag.choices, "or")}`);
    }
    values.set(token.name, token.value);
  }
  if (given.length < verb.least) return wrong(`\`ward ${verb.name}\` needs ${verb.takes}`, `\`ward ${verb.name} --help\` says more`);
  if (given.length > verb.most) return wrong(`\`ward ${verb.name}\` takes ${verb.most === 0 ? "no arguments" : verb.takes}, but got \`${given[verb.most]}\` too`, `\`ward ${verb.name} --help\` says more`);
  return ok({ given, text: (flag) => values.get(flag), on: (flag) => values.has(flag) });
}

export function helpOf(verb: Verb): string {
  const rows = Object.entries(verb.flags).map(([name, flag]) => [
    `  ${flag.short === undefined ? "" : `-${flag.short}, `}--${name}${flag.value === undefined ? "" : ` ${flag.value}`}`,
    `${flag.about}${flag.choices === undefined ? "" : `: ${flag.choices.join(", ")}`}`,
  ] as const);
  return [
    `ward ${[verb.name, verb.takes].filter((part) => part !== "").join(" ")}`,
    "",
    `  ${verb.about}`,
    ...(verb.more === "" ? [] : ["", ...verb.more.split("\n").map((line) => (line === "" ? "" : `  ${line}`))]),
    "",
    ...table(rows),
    "",
  ].join("\n");
}

/** Two columns, the second one aligned. */
export function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}
