// `ward explain CODE`: one rule at length.
import type { Explained } from "../rules/rule.ts";
import { plain, type Palette } from "./palette.ts";

export function explain(rule: Explained, palette: Palette = plain): string {
  const files = Object.entries(rule.files ?? {}).flatMap(([path, text]) => ["", palette("strong", path), "", ...program(text)]);
  return [
    `${palette(rule.severity, `${rule.severity}[${rule.code} ${rule.name}]`)}`,
    "",
    `${palette("strong", "law:")} ${rule.law}`,
    `${palette("strong", "because:")} ${rule.because}`,
    ...(rule.foundBy === undefined ? [] : [`${palette("strong", "said by:")} \`${rule.foundBy}\``]),
    "",
    palette("strong", "avoid"),
    "",
    ...program(rule.avoid),
    "",
    palette("strong", "prefer"),
    "",
    ...program(rule.prefer),
    ...files,
    "",
  ].join("\n");
}

function program(text: string): readonly string[] {
  return text.trimEnd().split("\n").map((line) => (line === "" ? "" : `    ${line}`));
}
