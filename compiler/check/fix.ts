// Safe fixes, applied until none is left. Each is checked again: it must remove what it was offered for and bring
// nothing new, or it is not applied. A file that does not parse is left alone: what it means is not known. So `--fix` can only make a program better, even where a rule is wrong about one.
import { SYNTAX, type Diagnostic, type Fix, type SourceFile } from "#lang";

/** `of` is what it was offered for, at its place before the fix. */
export type AppliedFix = Fix & { readonly of: Diagnostic };

export type Fixed = {
  readonly files: readonly SourceFile[];
  /** What is still found in them. */
  readonly found: readonly Diagnostic[];
  readonly applied: readonly AppliedFix[];
};

/** `recheck` compiles the program with these texts in place of the old ones. */
export function applySafeFixes(
  files: readonly SourceFile[],
  found: readonly Diagnostic[],
  recheck: (files: readonly SourceFile[]) => readonly Diagnostic[],
): Fixed {
  let state: Fixed = { files, found, applied: [] };
  const refused = new Set<string>();
  for (;;) {
    const damaged = new Set(state.found.filter((one) => one.code === SYNTAX.code).map((one) => one.span.file));
    const offered = state.found.flatMap((one) => safeFix(one, refused) ?? []).filter(({ fix }) => !fix.edits.some((one) => damaged.has(one.span.file)));
    if (offered.length === 0) return state;
    // All at once is one compilation; one by one finds the culprit.
    state = attempt(state, apart(offered), recheck) ?? oneByOne(state, offered, { recheck, refused });
  }
}

/** `texts` with the edits of these fixes; where two overlap, the later fix is left out whole. */
export function edit(files: readonly SourceFile[], fixes: readonly Fix[]): readonly SourceFile[] {
  const edits = apart(fixes.map((fix) => ({ fix }))).flatMap(({ fix }) => fix.edits);
  return files.map((file) => {
    const here = edits.filter((one) => one.span.file === file.path).sort((a, b) => b.span.start - a.span.start || b.span.end - a.span.end);
    return here.reduce<SourceFile>((now, { span, text }) => ({ ...now, text: now.text.slice(0, span.start) + text + now.text.slice(span.end) }), file);
  });
}

type Offer = { readonly fix: AppliedFix; readonly code: string; readonly key: string };

function safeFix(one: Diagnostic, refused: ReadonlySet<string>): Offer | null {
  const key = `${one.code} ${one.message} ${one.span.file}`;
  const fix = one.fixes?.find((candidate) => candidate.safe);
  return fix === undefined || refused.has(key) ? null : { fix: { ...fix, of: one }, code: one.code, key };
}

function attempt(state: Fixed, offers: readonly Offer[], recheck: (files: readonly SourceFile[]) => readonly Diagnostic[]): Fixed | null {
  const fixes = offers.map((offer) => offer.fix);
  const files = edit(state.files, fixes);
  const found = recheck(files);
  return isBetter(state.found, found, offers) ? { files, found, applied: [...state.applied, ...fixes] } : null;
}

/** The first that helps; those that do not are not tried again. */
function oneByOne(state: Fixed, offers: readonly Offer[], { recheck, refused }: { recheck: (files: readonly SourceFile[]) => readonly Diagnostic[]; refused: Set<string> }): Fixed {
  for (const offer of offers) {
    const next = attempt(state, [offer], recheck);
    if (next !== null) return next;
    refused.add(offer.key);
  }
  return state;
}

/** Each code occurs as much less often as fixes were made for it, and none more often. */
function isBetter(before: readonly Diagnostic[], after: readonly Diagnostic[], offers: readonly Offer[]): boolean {
  const codes = new Set([...before, ...after].map((one) => one.code));
  return [...codes].every((code) => count(after, code) <= count(before, code) - count(offers, code));
}

function count(of: readonly { readonly code: string }[], code: string): number {
  return of.filter((one) => one.code === code).length;
}

function apart<Item extends { readonly fix: Fix }>(offers: readonly Item[]): readonly Item[] {
  const taken: Fix["edits"][number]["span"][] = [];
  return offers.filter(({ fix }) => {
    const spans = fix.edits.map((one) => one.span);
    if (spans.some((span) => taken.some((other) => span.file === other.file && span.start < Math.max(other.end, other.start + 1) && other.start < Math.max(span.end, span.start + 1)))) return false;
    taken.push(...spans);
    return true;
  });
}
