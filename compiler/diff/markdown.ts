// A difference as the comment on a pull request: the verdict first, what is severe in full, the rest folded.
import type { Difference, DifferencePlace, DifferingDefinition, DifferingRegion } from "#contracts";
import { conditions, counted, receiptsText, share, SHOWN, subject, verdict, wasAndNow, witnessText } from "./words.ts";

export type Labels = { readonly old: string; readonly now: string };

export function differenceAsMarkdown(difference: Difference, labels: Labels): string {
  const { same, severity, regions, definitions, unproved } = difference;
  const loud = definitions.filter((one) => one.severity !== "cosmetic");
  const quiet = definitions.filter((one) => one.severity === "cosmetic");
  const rest = regions.slice(SHOWN);
  const receipts = receiptsText(difference);
  return `${[
    `### Policy: ${same ? "no request is treated differently" : (severity ?? "not compared")}`,
    `${prose(sentence(verdict(difference)))} Compared: ${code(labels.old)} → ${code(labels.now)}.`,
    ...(receipts === null ? [] : [`${prose(sentence(receipts))}`]),
    ...unproved.map((one) => `> **Not proved.** ${prose(one)}`),
    ...regions.slice(0, SHOWN).map((one, at) => regionBlock(one, at + 1, difference)),
    ...(rest.length === 0 ? [] : [folded(`${rest.length} more: ${counted(rest.map((one) => one.severity))}`, table(["", "model", "requests", "was", "now"], rest.map(regionRow)))]),
    ...(loud.length === 0 ? [] : [`#### Definitions\n\n${definitionTable(loud)}`]),
    ...(quiet.length === 0 ? [] : [folded(`${quiet.length} cosmetic`, definitionTable(quiet))]),
    ...(regions.length === 0 ? [] : ["<sub>Every example request was planned with both policies. `ward eval POLICY --request FILE` shows each step.</sub>"]),
  ].join("\n\n")}\n`;
}

function regionBlock(region: DifferingRegion, number: number, difference: Difference): string {
  const [first, ...others] = region.changes;
  const [was, now] = wasAndNow(region);
  const seen = share(region, difference);
  const named = region.escalation === null ? code(region.model) : `${code(region.model)}, where ${code(region.escalation.slice("rule:".length))} escalates`;
  return [
    `#### ${number}. ${region.severity}: ${named} ${prose(first!)}`,
    `${requests(region)}${seen === null ? "" : ` · ${seen}`}`,
    ...(others.length === 0 ? [] : [others.map((one) => `- also: ${prose(one)}`).join("\n")]),
    table(["", "asked", "source"], [["was", code(was), source(region.old)], ["now", code(now), source(region.new)]]),
    `\`\`\`json\n${JSON.stringify(region.witness)}\n\`\`\``,
  ].join("\n\n");
}

function requests(region: DifferingRegion): string {
  const { exact } = region;
  if (region.where.length === 0) return exact ? "Every request" : "Some requests, found by trying";
  return `${exact ? "Requests" : "Some of the requests"} with ${conditions(region).map(code).join(" and ")}`;
}

function regionRow(region: DifferingRegion): readonly string[] {
  const [was, now] = wasAndNow(region);
  return [region.severity, code(region.model), region.where.length === 0 && region.exact ? "all" : conditions(region).map(code).join(" and "), code(was), code(now)];
}

function definitionTable(definitions: readonly DifferingDefinition[]): string {
  return table(["", "definition", "change", "source"], definitions.map((one) => {
    const shown = witnessText(one);
    return [one.severity, code(subject(one)), `${prose(one.change)}${shown === null ? "" : `: ${code(shown)}`}`, source(one.new ?? one.old)];
  }));
}

function source(place: DifferencePlace | null): string {
  if (place === null) return "";
  return `${prose(`${place.file}:${place.line}`)}${place.text === null ? "" : ` ${code(place.text)}`}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Text of an author as code: a fence longer than any in it, on one line. */
function code(text: string): string {
  const line = text.replaceAll(/[\r\n\t]+/g, " ");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

/** Our own words, with names in backticks; what is no name may be an author's and must not act as markup. */
function prose(text: string): string {
  return text.split(/(`[^`]*`)/).map((part) => (part.startsWith("`") ? part : part.replaceAll(/[<>*_[\]]/g, "\\$&"))).join("").replaceAll(/\s+/g, " ");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
