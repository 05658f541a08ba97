// A rehearsed request as a test in Ward: what it was given, what its upstreams said, and what it showed. The text has the
// formatter's own layout.
import type { MockStep } from "#contracts";
import { parse, print } from "#lang";
import type { Loaded, Rehearsal, Rehearsed } from "#runtime";
import { quoted, shownBy, valueText, type FieldName } from "./claim.ts";

export type Played = { readonly name: string; readonly steps: readonly MockStep[] };
export type Writing = {
  readonly title: string;
  readonly rehearsal: Omit<Rehearsal, "script">;
  readonly played: readonly Played[];
  readonly rehearsed: Rehearsed;
  /** Fields that are written although they are empty. */
  readonly also: readonly FieldName[];
};

export function writeTest({ title, rehearsal, played, rehearsed, also }: Writing, loaded: Loaded): string {
  const upstreams = played.map(({ name, steps }) => `upstream ${name} ${steps.map(stepText).join(" ~ ")}`);
  const text = `ward 1\n\ntest ${quoted(title)} {\n${["given {", ...givenFields(rehearsal, loaded), "}", ...upstreams, "expect {", ...expectFields(rehearsed, loaded, also), "}"].join("\n")}\n}\n`;
  const { file } = parse({ path: "suggested.ward", text: text.replace("given {\n", "given { ").replace("expect {\n", "expect { ") });
  return print(file).slice("ward 1\n\n".length);
}

function givenFields({ request, messages, key }: Writing["rehearsal"], { facts: declared }: Loaded): readonly string[] {
  const { model, tokens, output, stream, turn, needs, caller = {}, facts = {} } = request;
  const callers = Object.entries(caller).map(([name, value]) => `${name} = ${quoted(value ?? "")}`);
  return [
    `model = ${model}`,
    ...(tokens === undefined ? [] : [`tokens = ${tokens}`]),
    ...(output === undefined ? [] : [`output = ${output}`]),
    ...(stream === undefined ? [] : [`stream = ${stream}`]),
    ...(turn === undefined ? [] : [`turn = ${turn}`]),
    ...(needs === undefined ? [] : [`needs = [${needs.join(", ")}]`]),
    ...(callers.length === 0 ? [] : [`caller = { ${callers.join("  ")} }`]),
    ...Object.entries(facts).map(([name, value]) => `${quoted(name)} = ${factText(value, declared.get(name)?.type.kind === "string")}`),
    ...(messages ?? []).map((message) => `prompt = ${quoted(String(message["content"]))}`),
    ...(key === null ? [] : [`key = ${quoted(key)}`]),
  ];
}

function factText(value: string | number | boolean | readonly string[], isText: boolean): string {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  return isText ? quoted(String(value)) : String(value);
}

function expectFields(rehearsed: Rehearsed, loaded: Loaded, also: readonly FieldName[]): readonly string[] {
  const shown = shownBy(rehearsed, loaded);
  const fields = (["attempts", "fired", "refused", "blocked", "failed", "released"] as const).flatMap((field) => {
    const value = shown[field];
    const empty = value === null || (typeof value !== "number" && value.length === 0);
    return value === null || (empty && !also.includes(field)) ? [] : [`${field} = ${valueText(field, value)}`];
  });
  return fields.length === 0 ? [`status = ${shown.status}`] : fields;
}

function stepText(step: MockStep): string {
  switch (step.do) {
    case "text": return quoted(step.text);
    case "reasoning": return `reasoning ${quoted(step.text)}`;
    case "tool": return `tool ${quoted(step.name)} ${quoted(step.arguments)}`;
    case "fails": return `fails ${step.status}`;
    case "hangs": case "cuts": return step.do;
    case "wait": throw new Error("a test cannot say how long an upstream waits");
  }
}
