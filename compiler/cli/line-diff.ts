// Two texts -> a unified diff, three lines of context.
import type { Palette } from "../report/palette.ts";

export type Texts = { readonly path: string; readonly before: string; readonly after: string };

/** Empty where the texts are equal. */
export function lineDiff({ path, before, after }: Texts, palette: Palette): string {
  if (before === after) return "";
  const steps = align(linesOf(before), linesOf(after));
  const out = [palette("removed", `--- ${path}`), palette("added", `+++ ${path} (formatted)`)];
  for (const { from, to } of hunks(steps)) {
    const some = steps.slice(from, to);
    const old = steps.slice(0, from).filter((step) => step.kind !== "+").length;
    const fresh = steps.slice(0, from).filter((step) => step.kind !== "-").length;
    const olds = some.filter((step) => step.kind !== "+").length;
    const freshes = some.filter((step) => step.kind !== "-").length;
    out.push(palette("place", `@@ -${range(old, olds)} +${range(fresh, freshes)} @@`));
    for (const { kind, line } of some) out.push(kind === " " ? ` ${line}` : palette(kind === "-" ? "removed" : "added", `${kind}${line}`));
  }
  return `${out.join("\n")}\n`;
}

type Step = { readonly kind: " " | "-" | "+"; readonly line: string };

const CONTEXT = 3;

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  // A last line without its break is a difference one must be able to see.
  if (lines.at(-1) === "") lines.pop();
  else lines[lines.length - 1] += "\n\\ No newline at end of file";
  return lines;
}

/** By the longest common subsequence; what is equal at both ends is set aside first, because most of it is. */
function align(before: readonly string[], after: readonly string[]): readonly Step[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  // Beyond this the table would take more memory than the answer is worth: the middle is then replaced as a whole.
  const middle = a.length * b.length > 4_000_000 ? [...a.map(gone), ...b.map(added)] : common(a, b);
  return [...before.slice(0, head).map(kept), ...middle, ...before.slice(before.length - tail).map(kept)];
}

function common(a: readonly string[], b: readonly string[]): readonly Step[] {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    }
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      steps.push(kept(a[i]!));
      i++;
      j++;
    } else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) steps.push(gone(a[i++]!));
    else steps.push(added(b[j++]!));
  }
  return [...steps, ...a.slice(i).map(gone), ...b.slice(j).map(added)];
}

const kept = (line: string): Step => ({ kind: " ", line });
const gone = (line: string): Step => ({ kind: "-", line });
const added = (line: string): Step => ({ kind: "+", line });

/** Changes with their context; neighbours whose contexts touch are one. */
function hunks(steps: readonly Step[]): readonly { readonly from: number; readonly to: number }[] {
  const out: { from: number; to: number }[] = [];
  for (const [at, step] of steps.entries()) {
    if (step.kind === " ") continue;
    const from = Math.max(0, at - CONTEXT);
    const to = Math.min(steps.length, at + 1 + CONTEXT);
    const last = out.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else out.push({ from, to });
  }
  return out;
}

/** `start,count` with lines from 1, and from the line before where there are none. */
function range(before: number, count: number): string {
  return count === 0 ? `${before},0` : count === 1 ? `${before + 1}` : `${before + 1},${count}`;
}
