// The small languages inside a token: numbers with their units, money, strings with their escapes, text blocks.
// Pure functions from the text of a literal to its meaning; every mistake is handed to `report` with its exact place.
import type { Literal } from "./tokens.ts";

/** Reports a mistake between two offsets of the source. */
export type Report = (start: number, end: number, message: string, help?: string) => void;

const SIZES = { k: 1_000, Ki: 1_024, M: 1_000_000, Mi: 1_048_576 } as const;
const BYTES: { readonly [unit: string]: number } = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };
const DURATIONS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const UNITS = "durations end in `ms`, `s`, `m`, `h` or `d`, sizes in `k`, `Ki`, `M` or `Mi`, bytes in `B`, `KiB`, `MiB` or `GiB`, shares in `%`";

/** `digits` is what stands before the unit: `1_000`, `0.2`. */
export function readNumber(digits: string, unit: string, start: number, report: Report): Literal {
  const text = digits + unit;
  const end = start + text.length;
  const fault = (message: string, help?: string): Literal => {
    report(start, end, message, help);
    return { kind: "number", value: 0, text: "0" };
  };
  if (digits.length > LONGEST) return fault("this number is too long");
  if (!WELL_GROUPED.test(digits)) return fault(`misplaced \`_\` in \`${text}\``, "write `_` between two digits, as in `1_000`");
  if (unit === "" || unit === "%") {
    const value = Number(digits.replaceAll("_", ""));
    if (value > Number.MAX_SAFE_INTEGER) return fault(`\`${text}\` is too large`, `the largest number is ${Number.MAX_SAFE_INTEGER}`);
    return { kind: unit === "" ? "number" : "percent", value, text };
  }
  const scale = own(SIZES, unit) ?? own(BYTES, unit) ?? own(DURATIONS, unit);
  if (scale === undefined) {
    report(start + digits.length, end, `unknown unit \`${unit}\` in \`${text}\``, UNITS);
    return { kind: "number", value: 0, text: "0" };
  }
  const value = scaled(digits, scale);
  if (value === null) return fault(`\`${text}\` is not a whole number of ${own(DURATIONS, unit) ? "milliseconds" : own(BYTES, unit) ? "bytes" : "tokens"}`);
  if (value > Number.MAX_SAFE_INTEGER) return fault(`\`${text}\` is too large`);
  if (own(SIZES, unit) !== undefined) return { kind: "size", value, suffix: unit as keyof typeof SIZES, text };
  return { kind: own(BYTES, unit) === undefined ? "duration" : "bytes", value, text };
}

/** `$0.25`, or with `output` the pair `$3/$15`; in millionths of a dollar. */
export function readMoney(text: string, start: number, report: Report): Literal {
  const [input = "", output] = text.split("/").map((amount) => amount.slice(1));
  for (const amount of output === undefined ? [input] : [input, output]) {
    const fault = amount.length > LONGEST ? "this amount is too long" : !WELL_GROUPED.test(amount) ? `misplaced \`_\` in \`${text}\`` : micros(amount) === null ? `\`${text}\` is finer than a millionth of a dollar` : micros(amount)! > Number.MAX_SAFE_INTEGER ? `\`${text}\` is too large` : null;
    if (fault === null) continue;
    report(start, start + text.length, fault);
    return { kind: "money", value: 0, text: "$0" };
  }
  if (output === undefined) return { kind: "money", value: micros(input)!, text };
  return { kind: "price", input: micros(input)!, output: micros(output)!, text };
}

const micros = (amount: string): number | null => scaled(amount, 1_000_000);

/** The characters between the quotes of a string, their escapes resolved. `start` is the place of the first of them. */
export function readEscapes(raw: string, start: number, report: Report): string {
  if (!raw.includes("\\")) return raw;
  return raw.replace(ESCAPE, (escape: string, hex: string | undefined, at: number) => {
    const simple = SIMPLE[escape];
    if (simple !== undefined) return simple;
    const from = start + at;
    if (hex === undefined) {
      report(from, from + escape.length, `unknown escape \`${escape}\``, "the escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{…}`");
      return escape;
    }
    const point = Number.parseInt(hex, 16);
    if (point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)) return String.fromCodePoint(point);
    report(from, from + escape.length, `\`${escape}\` is not a character`, "a character is one of `\\u{0}` to `\\u{10ffff}`, without `\\u{d800}` to `\\u{dfff}`");
    return "\ufffd";
  });
}

/**
 * The text of a block between its `"""`, dedented:
 *  1. line breaks become `\n`, however the file ends its lines;
 *  2. an opening line with nothing on it is dropped, and so is a closing one;
 *  3. the longest run of spaces and tabs that every other line begins with, the closing one included, is taken away
 *     (blank lines do not count and become empty; text right after the opening quotes is no indentation);
 *  4. escapes are resolved last, so an escaped space or line break is never taken for layout.
 */
export function readTextBlock(raw: string, start: number, report: Report): string {
  const lines = raw.split(LINE_BREAK);
  const offsets = lineOffsets(raw);
  const opening = lines[0]!;
  const closing = lines.length > 1 && isBlank(lines.at(-1)!) ? lines.pop()! : null;
  const first = isBlank(opening) && (lines.length > 1 || closing !== null) ? 1 : 0;
  const measured = lines.slice(1).filter((line) => !isBlank(line));
  const indent = commonIndent(closing === null ? measured : [...measured, closing]);
  return lines
    .map((line, at) => {
      if (at > 0 && isBlank(line)) return "";
      const cut = at === 0 ? 0 : indent.length;
      return readEscapes(line.slice(cut), start + offsets[at]! + cut, report);
    })
    .slice(first)
    .join("\n");
}

// ── helpers ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Digits of a number. Exact arithmetic costs the square of it. */
const LONGEST = 60;
const WELL_GROUPED = /^\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?$/;
const ESCAPE = /\\(?:u\{([0-9a-fA-F]{1,8})\}|[^]|$)/gu;
const LINE_BREAK = /\r\n|\r|\n/;
const SIMPLE: { readonly [escape: string]: string } = { "\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\" };

/** Exactly `digits * scale`, or null where that is no whole number. No floating point touches a unit or a cent. */
function scaled(digits: string, scale: number): number | null {
  const [whole = "0", fraction = ""] = digits.replaceAll("_", "").split(".");
  const power = 10n ** BigInt(fraction.length);
  const product = BigInt(whole + fraction) * BigInt(scale);
  return product % power === 0n ? Number(product / power) : null;
}

function own<T>(table: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function isBlank(line: string): boolean {
  return /^[ \t]*$/.test(line);
}

function commonIndent(lines: readonly string[]): string {
  const [head = "", ...rest] = lines.map((line) => /^[ \t]*/.exec(line)![0]);
  return rest.reduce((common, indent) => {
    let length = 0;
    while (length < common.length && common[length] === indent[length]) length++;
    return common.slice(0, length);
  }, head);
}

function lineOffsets(raw: string): readonly number[] {
  const offsets = [0];
  for (const found of raw.matchAll(/\r\n|\r|\n/g)) offsets.push(found.index + found[0].length);
  return offsets;
}
