// LAW: no secret stands in a policy. Looked for: the shapes of well-known keys in any string, and anything written out
// where a credential belongs. What is found is never repeated: a report is the last place a secret should go next.
import type { Diagnostic, Field, File, StringLiteral } from "#lang";
import { fieldName } from "../bind/fields.ts";
import { diagnose, type Explained } from "./rule.ts";

export const secretLiteral: Explained = {
  code: "W2003",
  name: "secret-literal",
  severity: "error",
  law: "no string of a policy is a secret",
  because: "a policy is read, reviewed, committed and bundled; a key in it is a key given away",
  avoid: `ward 1

provider cloud {
  kind = openai
  key = "sk-0000000000000000000000000000000000000000"
}
target gpt = cloud "gpt-5.2" { context = 400k }

model chat { route = gpt }
`,
  prefer: `ward 1

provider cloud {
  kind = openai
  key = env(OPENAI_API_KEY)
}
target gpt = cloud "gpt-5.2" { context = 400k }

model chat { route = gpt }
`,
};

/** A key's shape and who gives it out. A text with EXAMPLE in it is documentation. */
const SHAPES: readonly { readonly of: string; readonly shape: RegExp }[] = [
  { of: "an API key", shape: /(?<![\w-])sk-(?:ant-|proj-|or-v1-|svcacct-)?[\w-]{20,}/ },
  { of: "an AWS access key", shape: /(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)/ },
  { of: "a GitHub token", shape: /(?<!\w)(?:gh[pousr]_\w{30,}|github_pat_\w{40,})/ },
  { of: "a Slack token", shape: /(?<!\w)xox[abeoprs]-[\w-]{10,}/ },
  { of: "a Google API key", shape: /(?<!\w)AIza[\w-]{30,}/ },
  { of: "a Hugging Face token", shape: /(?<!\w)hf_[A-Za-z0-9]{30,}/ },
  { of: "a JSON web token", shape: /(?<!\w)eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/ },
  { of: "a bearer token", shape: /(?<!\w)Bearer\s+[\w.~+/-]{16,}=*/i },
  { of: "a private key", shape: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16,}/ },
  { of: "a password in an address", shape: /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i },
];

const CREDENTIAL_HEADERS = /^(?:authorization|proxy-authorization|cookie|api-key|apikey|.*-(?:api-)?(?:key|token|secret|auth))$/i;

export function secrets(trees: readonly File[]): readonly Diagnostic[] {
  return trees.flatMap((tree) => {
    const found = new Map<number, Diagnostic>();
    for (const { literal, message } of [...inProviders(tree), ...inStrings(tree)]) if (!found.has(literal.span.start)) found.set(literal.span.start, say(literal, message));
    return [...found.values()];
  });
}

type Secret = { readonly literal: StringLiteral; readonly message: string };

function inProviders(tree: File): readonly Secret[] {
  return tree.declarations.flatMap((one) => (one.kind === "provider" ? one.fields.flatMap(inField) : []));
}

function inField(field: Field): readonly Secret[] {
  const { value } = field;
  if (fieldName(field) === "key") return literalsOf(field).map((literal) => ({ literal, message: "a key is written out in the policy" }));
  if (fieldName(field) !== "headers" || value.kind !== "record") return [];
  return value.fields.flatMap((header) =>
    literalsOf(header)
      .filter((literal) => CREDENTIAL_HEADERS.test(fieldName(header)) || looksRandom(literal.value))
      .map((literal) => ({ literal, message: "a credential is written out in the policy" })),
  );
}

/** What stands written out in a field: a string, or the default of an `env(NAME, "…")`. */
function literalsOf({ value }: Field): readonly StringLiteral[] {
  if (value.kind === "string") return [value];
  return value.kind === "env" && value.fallback !== null ? [value.fallback] : [];
}

function inStrings(tree: File): readonly Secret[] {
  return stringsOf(tree).flatMap((literal) => {
    const shape = SHAPES.find((one) => one.shape.test(literal.value) && !/EXAMPLE/i.test(literal.value));
    return shape === undefined ? [] : [{ literal, message: `this string looks like ${shape.of}` }];
  });
}

/** Every string of a tree, found by its tag wherever it stands; what a later kind of node holds is searched as well. */
function stringsOf(tree: File): readonly StringLiteral[] {
  const strings: StringLiteral[] = [];
  const open: unknown[] = [...tree.uses, ...tree.declarations];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== "object" || node === null) continue;
    if (isString(node)) strings.push(node);
    else open.push(...Object.values(node));
  }
  return strings.sort((a, b) => a.span.start - b.span.start);
}

function isString(node: object): node is StringLiteral {
  return "kind" in node && node.kind === "string" && "value" in node && typeof node.value === "string";
}

/** Long, without spaces, and using many different characters of several sorts, as only a generated text does. */
function looksRandom(text: string): boolean {
  if (text.length < 20 || /[\s/:]/.test(text)) return false;
  const sorts = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((sort) => sort.test(text)).length;
  return (sorts === 3 || (/[0-9]/.test(text) && /^[0-9a-f]+$/i.test(text))) && entropy(text) >= 3.3;
}

/** Bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const unit of text) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

function say({ value, span }: StringLiteral, message: string): Diagnostic {
  const quoted = /^env\([A-Za-z_]\w*\)$/.test(value);
  return diagnose(secretLiteral, {
    span,
    message,
    help: quoted ? `write \`${value}\` without quotes: so it is only a string` : "read it from the environment: `env(NAME)`; and if it was ever committed, replace it where it was given out",
  });
}
