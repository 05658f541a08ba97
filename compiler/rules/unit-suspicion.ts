// LAW: a context window that is a power of two is written in binary units. Windows of up to 64k have always been powers
// of two; from 128k on, the hosted kinds publish round decimal numbers, so they are only asked of the local ones. Declared
// outputs are not asked at all: 64,000 and 128,000 are what providers say.
import { PROVIDER_KINDS } from "#contracts";
import type { Diagnostic, SizeLiteral } from "#lang";
import type { Bound, BoundTarget } from "../bind/bound.ts";
import { fieldName } from "../bind/fields.ts";
import { diagnose, type Explained } from "./rule.ts";

export const unitSuspicion: Explained = {
  code: "W2002",
  name: "unit-suspicion",
  severity: "info",
  law: "a context window that is a power of two is written with `Ki`",
  because: "`32k` is 32,000: requests of the 768 tokens between that and `32Ki` are sent elsewhere or refused",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32k }

model chat { route = small }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

model chat { route = small }
`,
};

const HOSTED: readonly (typeof PROVIDER_KINDS)[number][] = ["openai", "openrouter", "anthropic", "gemini"];

export function suspiciousUnits({ targets, providers }: Bound): readonly Diagnostic[] {
  const hosted = new Set(providers.filter((one) => HOSTED.includes(one.fields.kind)).map((one) => one.id));
  return targets.flatMap((target) => {
    const size = contextOf(target);
    if (size === null || size.suffix !== "k") return [];
    const thousands = size.value / 1_000;
    if (thousands < 4 || !Number.isInteger(Math.log2(thousands)) || (thousands >= 128 && hosted.has(target.provider.id))) return [];
    const meant = `${thousands}Ki`;
    return diagnose(unitSuspicion, {
      span: size.span,
      message: `\`${size.text}\` is ${grouped(size.value)} tokens; a window of this size usually is \`${meant}\`, ${grouped(thousands * 1_024)}`,
      help: `write \`${meant}\` if that is meant`,
      fixes: [{ title: `write \`${meant}\``, safe: false, edits: [{ span: size.span, text: meant }] }],
    });
  });
}

function contextOf({ node }: BoundTarget): SizeLiteral | null {
  const value = node.fields.find((field) => fieldName(field) === "context")?.value;
  return value?.kind === "size" ? value : null;
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
