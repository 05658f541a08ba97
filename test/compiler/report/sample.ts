// A program with one finding of every shape a report can draw.
import type { Diagnostic, SourceFile, Span } from "#lang";

const policy = `ward 1
use "./lib.ward" { aws-keys }

dispatcher coder {
\twhen caller.tier == free -> 漢字モデル when request.turn > 3 -> sonnet
  when request.tokens <= 20Ki -> qwen
  when request.tokens <= 180k -> duo
  when request.stream -> duo
  when request.turn > 9 -> duo
  otherwise -> by-size
}

cascade steady {
  try sonet { retry = 1 }
  try "👩‍👩‍👧 e\u0301\u202e" gpt
  note "${"left ".repeat(40)}" sonet "${" right".repeat(40)}"
}
`;
const lib = `ward 1\r\nrule aws-keys on text {\r\n  then\r\n}`;

export const files: readonly SourceFile[] = [
  { path: "policy.ward", text: policy },
  { path: "lib & more/lib.ward", text: lib },
];

function span(text: string, nth = 1): Span {
  const file = policy.includes(text) ? files[0]! : files[1]!;
  let start = -1;
  for (let n = 0; n < nth; n++) start = file.text.indexOf(text, start + 1);
  return { file: file.path, start, end: start + text.length };
}

function between(from: string, to: string): Span {
  return { ...span(from), end: span(to).end };
}

const unresolved = { code: "W1001", name: "unresolved-name", severity: "error", labels: [] } as const;
const unreachable = { code: "W3002", name: "unreachable-arm", severity: "warning" } as const;

export const found: readonly Diagnostic[] = [
  {
    ...unresolved,
    message: "unknown target `sonet`",
    span: span("sonet"),
    because: "a name that means nothing routes nothing, and the reader of the policy would have to guess what was meant here, which is no way to run a gateway",
    help: "did you mean `sonnet`?",
    fixes: [{ title: "write `sonnet`", safe: true, edits: [{ span: span("sonet"), text: "sonnet" }] }],
    witness: { model: "coding", tokens: 5, facts: { "request.tags": ["pii"] } },
  },
  {
    ...unreachable,
    message: "this arm is never reached",
    span: span("when request.turn > 3 -> sonnet"),
    labels: [
      { span: span("when caller.tier == free -> 漢字モデル"), text: "covers it" },
      { span: span("caller.tier"), text: "an untrusted fact" },
      { span: between("dispatcher coder {", "otherwise -> by-size\n}"), text: "in this dispatcher" },
      { span: span("rule aws-keys"), text: "declared here" },
    ],
  },
  { ...unreachable, message: "one label stands on the main place", span: span("20Ki"), labels: [{ span: span("20Ki"), text: "20,480 tokens" }, { span: between("<= 180k", "otherwise"), text: "from here on" }] },
  { ...unresolved, severity: "info", message: "wide characters keep their columns", span: span("gpt") },
  { ...unresolved, message: "a long line is shown around its mark", span: span("sonet", 2) },
  {
    ...unresolved,
    message: "a text of many lines, and a fix that removes it",
    span: between("cascade steady", "try sonet { retry = 1 }"),
    fixes: [
      { title: "remove the step", safe: false, edits: [{ span: span("  try sonet { retry = 1 }\n"), text: "" }] },
      { title: "name it twice", safe: true, edits: [{ span: span("qwen"), text: "qwen2" }, { span: span("then"), text: "then note\r\n  exhausted note" }] },
    ],
  },
  { ...unresolved, message: "the end of a file", span: { file: "policy.ward", start: policy.length, end: policy.length } },
  { ...unresolved, message: "cannot read `gone.ward`", span: { file: "gone.ward", start: 0, end: 0 }, help: "line one\nline two: 100 %, <b> & \u001b[31m" },
];
