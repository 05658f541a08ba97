// A difference as text for a terminal.
//
//   breaking  chat: can reach zone `cloud`, which it could not (`gpt`)
//     where    request.tags has pii
//     was      qwen
//     now      qwen, then gpt
//     old      policy.ward:12  try qwen
//     new      policy.ward:13  try gpt
//     witness  {"model":"chat","facts":{"request.tags":["pii"]}}
import type { Difference, DifferenceSeverity, DifferingDefinition, DifferingRegion } from "#contracts";
import { plain, printable, type Palette, type Role } from "../report/index.ts";
import { conditions, counted, placeText, receiptsText, share, SHOWN, subject, verdict, wasAndNow, witnessText } from "./words.ts";

const ROLES: { readonly [severity in DifferenceSeverity]: Role } = {
  breaking: "error", weaker: "error", routing: "warning", reliability: "warning", cost: "info", stricter: "info", cosmetic: "quiet",
};

export function differenceAsText(difference: Difference, palette: Palette = plain): string {
  const { regions, definitions, unproved } = difference;
  const rest = regions.slice(SHOWN);
  const cosmetic = definitions.filter((one) => one.severity === "cosmetic");
  const shown = [...definitions.filter((one) => one.severity !== "cosmetic"), ...cosmetic.slice(0, SHOWN)];
  const more = cosmetic.length - Math.min(cosmetic.length, SHOWN);
  const blocks = [
    ...regions.slice(0, SHOWN).map((one) => regionText(one, difference, palette)),
    ...(rest.length === 0 ? [] : [`and ${rest.length} more ${rest.length === 1 ? "region" : "regions"}: ${counted(rest.map((one) => one.severity))} (--format json has all of them)`]),
    ...(shown.length === 0 ? [] : [[...shown.map((one) => definitionText(one, palette)), ...(more === 0 ? [] : [`and ${more} more cosmetic ${more === 1 ? "one" : "ones"}`])].join("\n")]),
    ...(unproved.length === 0 ? [] : [unproved.map((one) => `${palette("warning", "not proved")}: ${printable(one)}`).join("\n")]),
    [receiptsText(difference), verdict(difference)].filter((one) => one !== null).join("\n"),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function regionText(region: DifferingRegion, difference: Difference, palette: Palette): string {
  const [was, now] = wasAndNow(region);
  const [first, ...others] = region.changes;
  const rows: (readonly [string, string | null])[] = [
    ...others.map((one) => ["also", one] as const),
    ...whereRows(region),
    ["receipts", share(region, difference)],
    ["was", was],
    ["now", now],
    ["old", region.old === null ? null : placeText(region.old)],
    ["new", region.new === null ? null : placeText(region.new)],
    ["witness", JSON.stringify(region.witness)],
  ];
  const named = region.escalation === null ? region.model : `${region.model}, where ${region.escalation.slice("rule:".length)} escalates`;
  return [headline(region.severity, `${named}: ${first}`, palette), ...rows.flatMap(([name, text]) => (text === null ? [] : [row(name, text, palette)]))].join("\n");
}

function whereRows(region: DifferingRegion): readonly (readonly [string, string])[] {
  const texts = conditions(region);
  return [...texts.map((one, at) => [at === 0 ? "where" : "", one] as const), ...(region.exact || region.where.length === 0 ? [] : [["", "(not every such request)"] as const])];
}

function definitionText(one: DifferingDefinition, palette: Palette): string {
  const shown = witnessText(one);
  const place = one.new ?? one.old;
  return [
    headline(one.severity, `${subject(one)}: ${one.change}`, palette),
    ...(shown === null ? [] : [row("witness", shown, palette)]),
    ...(place === null ? [] : [row(one.new === null ? "old" : "new", placeText(place), palette)]),
  ].join("\n");
}

function headline(severity: DifferenceSeverity, text: string, palette: Palette): string {
  return `${palette(ROLES[severity], severity.padEnd(11))} ${palette("strong", printable(text))}`;
}

function row(name: string, text: string, palette: Palette): string {
  const role: Role | null = name === "was" || name === "old" ? "removed" : name === "now" || name === "new" ? "added" : null;
  return `  ${palette("quiet", name.padEnd(9))} ${role === null ? printable(text) : palette(role, printable(text))}`;
}
