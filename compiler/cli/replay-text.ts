// What a replay found, for a person and for a pull request's comment.
import type { PlannedAnswer, ReplayReport } from "#contracts";
import { milliseconds, plural } from "./quantity.ts";
import { table } from "./verb.ts";

type Group = ReplayReport["different"]["groups"][number];

/** More are counted and not listed; all of them are in the JSON. */
const SHOWN = 20;

export function replayAsText(report: ReplayReport): string {
  const { same, different, unknown, rules } = report;
  const rows = (groups: readonly (readonly [string, string])[]): string => groups.map(([head, tail]) => `  ${head}\n    ${tail}\n`).join("");
  const parts = [
    `${plural(report.receipts, "receipt")} replayed under ${report.bundle}\n\n${table([
      ["same", figure(same)], ["different", figure(different)], ["cannot say", figure(unknown)],
    ]).join("\n")}\n`,
    ...(different.count === 0 ? [] : [`different\n${rows(different.groups.slice(0, SHOWN).map((group) => [`${figure(group)}  ${group.model}: ${changeText(group)}`, examplesText(group.examples)]))}${more(different.groups.length, different.ungrouped)}`]),
    ...(unknown.count === 0 ? [] : [`cannot say, for want of\n${rows(unknown.groups.slice(0, SHOWN).map((group) => [`${figure(group)}  ${group.model}: ${group.missing}`, examplesText(group.examples)]))}${more(unknown.groups.length, unknown.ungrouped)}`]),
    ...(rules.length === 0 ? [] : [`rules on released text\n${table(rules.map((row) => [`  ${row.rule}${row.mode === "shadow" ? " (shadow)" : ""}`, `fires in ${row.fired} of ${row.replayed}${row.fired === 0 ? "" : `: ${row.examples.join(", ")}`}`])).join("\n")}\n`]),
    ...notes(report).map((note) => `note: ${note}\n`),
  ];
  return parts.join("\n");
}

export function replayAsMarkdown(report: ReplayReport): string {
  const { same, different, unknown, rules } = report;
  const verdict = different.count > 0 ? `**${plural(different.count, "request")} of ${report.receipts} would be treated differently**` : unknown.count > 0 ? `No difference found, but ${unknown.count} of ${report.receipts} could not be told` : `All ${plural(report.receipts, "request")} would be treated the same`;
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |\n`;
  return [
    `### Replay of stored requests\n\n${verdict}\n\n`,
    line(["", "requests", "share"]), line(["---", "---:", "---:"]),
    line(["same", String(same.count), percent(same.share)]), line(["different", String(different.count), percent(different.share)]), line(["cannot say", String(unknown.count), percent(unknown.share)]),
    ...(different.count === 0 ? [] : ["\n", line(["different", "share", "model", "was", "now", "receipts"]), line(["---:", "---:", "---", "---", "---", "---"]),
      ...different.groups.slice(0, SHOWN).map((group) => line([String(group.count), percent(group.share), code(group.model), code(sideText(group, "was")), code(sideText(group, "now")), group.examples.map(code).join(" ")])), more(different.groups.length, different.ungrouped)]),
    ...(unknown.count === 0 ? [] : ["\n", line(["cannot say", "share", "model", "for want of", "receipts"]), line(["---:", "---:", "---", "---", "---"]),
      ...unknown.groups.slice(0, SHOWN).map((group) => line([String(group.count), percent(group.share), code(group.model), group.missing, group.examples.map(code).join(" ")])), more(unknown.groups.length, unknown.ungrouped)]),
    ...(rules.length === 0 ? [] : ["\n", line(["rule on released text", "fires in", "receipts"]), line(["---", "---:", "---"]), ...rules.map((row) => line([`${code(row.rule)}${row.mode === "shadow" ? " (shadow)" : ""}`, `${row.fired} of ${row.replayed}`, row.examples.map(code).join(" ")]))]),
    ...notes(report).map((note) => `\n${note}\n`),
    `\n${code(report.bundle)}\n`,
  ].join("");
}

function figure({ count, share }: { readonly count: number; readonly share: number }): string {
  return `${count} (${percent(share)})`;
}

/** Never 0 % of something and never 100 % of not all. */
function percent(share: number): string {
  const tenths = Math.round(share * 1_000);
  const shown = share > 0 && tenths === 0 ? "<0.1" : share < 1 && tenths === 1_000 ? ">99.9" : String(tenths / 10);
  return `${shown} %`;
}

function changeText(group: Group): string {
  return `${sideText(group, "was")} -> ${sideText(group, "now")}`;
}

/** Only what differs: two sides that try the same targets are told apart by the rest. */
function sideText({ differs, fires, ...sides }: Group, side: "was" | "now"): string {
  const answer = sides[side];
  const other = sides[side === "was" ? "now" : "was"];
  const routes = differs.includes("targets") || differs.includes("refusal");
  const parts = [
    routes ? routeText(answer) : null,
    differs.includes("steps") ? stepsText(answer, other) : null,
    differs.includes("rules") ? rulesText(answer, other) : null,
    differs.includes("text") ? (side === "was" ? "released" : `${fires.join(", ")} acts on the text`) : null,
  ];
  return parts.filter((part) => part !== null).join("; ");
}

function routeText({ refusal, attempts }: PlannedAnswer): string {
  if (refusal !== null) return `refused (${refusal.code}${refusal.message === null ? "" : `: ${refusal.message}`})`;
  return attempts.map(({ id }) => nameOf(id)).join(", ");
}

function stepsText({ attempts }: PlannedAnswer, other: PlannedAnswer): string {
  return attempts.flatMap((one, at) => {
    const before = other.attempts[at]!;
    if (JSON.stringify(one) === JSON.stringify(before)) return [];
    const said = [
      one.retries === before.retries ? null : one.retries === 0 ? "no retry" : `retry ${one.retries}`,
      one.timeout === before.timeout ? null : one.timeout === null ? "no timeout of its own" : `within ${milliseconds(one.timeout)}`,
      one.on.join() === before.on.join() ? null : one.on.length === 0 ? "then nothing" : `then on after ${one.on.join(" ")}`,
    ];
    return [`${nameOf(one.id)} ${said.filter((part) => part !== null).join(" ")}`];
  }).join(", ");
}

function rulesText({ rules }: PlannedAnswer, other: PlannedAnswer): string {
  const own = rules.filter((rule) => !other.rules.includes(rule));
  const sorted = own.length === 0 && rules.length === other.rules.length;
  return sorted ? `rules in the order ${rules.map(nameOf).join(", ")}` : rules.length === 0 ? "no rules" : own.length === 0 ? "fewer rules" : `rules with ${own.map(nameOf).join(", ")}`;
}

function nameOf(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

function examplesText(examples: readonly string[]): string {
  return `e.g. ${examples.join(", ")}`;
}

function more(groups: number, ungrouped: number): string {
  const hidden = Math.max(0, groups - SHOWN);
  return hidden === 0 && ungrouped === 0 ? "" : `  and ${plural(hidden, "further kind")}${ungrouped === 0 ? "" : `, and ${plural(ungrouped, "receipt")} of kinds beyond those counted`}\n`;
}

function notes({ without_content, not_replayed, rules }: ReplayReport): readonly string[] {
  return [
    ...(rules.length > 0 && without_content > 0 ? [`${plural(without_content, "receipt")} hold${without_content === 1 ? "s" : ""} no text, so rules were not replayed on ${without_content === 1 ? "it" : "them"}`] : []),
    ...(not_replayed.length > 0 ? [`not on the answer's text, so not replayed: ${not_replayed.join(", ")}`] : []),
  ];
}

/** A code span with as many backquotes around it as it needs. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}
