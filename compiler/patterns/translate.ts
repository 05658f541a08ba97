// In: the parser's tree. Out: an Expression, or the first thing in it that no automaton can do. From here on flags,
// escapes, shorthand and case are resolved to sets of code points.
//
// The alphabet is code points, with and without `u`. The platform reads UTF-16 units without `u`; here a set that holds
// every surrogate (`.`, `[^a]`, `\W`) holds every character beyond U+FFFF too, and a surrogate pair in the pattern is
// the one character it spells, so that a redaction never leaves half a character behind.
import type { AST } from "@eslint-community/regexpp";
import {
  ASTRAL, type CharSet, complement, covers, DIGITS, EVERY, HIGH_SURROGATES, LINE_TERMINATORS, LOW_SURROGATES, one, SPACE, SURROGATES, union, WORD,
} from "./charset.ts";
import { closeOverCase } from "./fold.ts";
import { EDGE, LINE, type Pairs, pairsWhere, WORD_IF_FOLDED, WORDLIKE } from "./contexts.ts";
import type { Expression } from "./expression.ts";
import { propertySet } from "./property.ts";

export type Flags = { readonly unicode: boolean; readonly ignoreCase: boolean; readonly multiline: boolean; readonly dotAll: boolean };

export type NotRegular = { readonly kind: "lookahead" | "lookbehind" | "backreference"; readonly raw: string; readonly start: number; readonly end: number };

export type Translated = { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly found: NotRegular };

export function expressionOf(pattern: AST.Pattern, flags: Flags): Translated {
  const found = firstNotRegular(pattern);
  return found === null ? { ok: true, expression: choice(pattern.alternatives, flags) } : { ok: false, found };
}

function firstNotRegular(node: AST.Pattern | AST.Alternative | AST.Element): NotRegular | null {
  switch (node.type) {
    case "Pattern":
    case "Group":
    case "CapturingGroup":
      return first(node.alternatives);
    case "Alternative":
      return first(node.elements);
    case "Quantifier":
      return firstNotRegular(node.element);
    case "Assertion":
      return node.kind === "lookahead" || node.kind === "lookbehind" ? { kind: node.kind, raw: node.raw, start: node.start, end: node.end } : null;
    case "Backreference":
      return { kind: "backreference", raw: node.raw, start: node.start, end: node.end };
    default:
      return null;
  }
}

function first(nodes: readonly (AST.Alternative | AST.Element)[]): NotRegular | null {
  for (const node of nodes) {
    const found = firstNotRegular(node);
    if (found !== null) return found;
  }
  return null;
}

function choice(alternatives: readonly AST.Alternative[], flags: Flags): Expression {
  return { kind: "choice", of: alternatives.map((one) => sequence(one.elements, flags)) };
}

function sequence(elements: readonly AST.Element[], flags: Flags): Expression {
  const of: Expression[] = [];
  for (const element of elements) {
    const next = translate(element, flags);
    const joined = flags.unicode ? null : joinSurrogates(of.at(-1), next);
    if (joined === null) of.push(next);
    else of[of.length - 1] = joined;
  }
  return { kind: "sequence", of };
}

/** A high surrogate and a low one behind it, also one with a repeat, which then repeats the whole character. */
function joinSurrogates(before: Expression | undefined, next: Expression): Expression | null {
  if (before?.kind !== "set" || before.set.length === 0 || !covers(HIGH_SURROGATES, before.set)) return null;
  if (next.kind === "repeat") {
    const of = joinSurrogates(before, next.of);
    return of === null ? null : { ...next, of };
  }
  if (next.kind !== "set" || next.set.length === 0 || !covers(LOW_SURROGATES, next.set)) return null;
  const joined: CharSet[] = [];
  for (let h = 0; h < before.set.length; h += 2) {
    for (let high = before.set[h]!; high <= before.set[h + 1]!; high++) {
      for (let l = 0; l < next.set.length; l += 2) joined.push([astral(high, next.set[l]!), astral(high, next.set[l + 1]!)]);
    }
  }
  return { kind: "set", set: union(...joined) };
}

function astral(high: number, low: number): number {
  return ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
}

function translate(element: AST.Element, flags: Flags): Expression {
  switch (element.type) {
    case "Group":
      return choice(element.alternatives, scoped(flags, element.modifiers));
    case "CapturingGroup":
      return choice(element.alternatives, flags);
    case "Quantifier":
      return { kind: "repeat", of: translate(element.element, flags), min: element.min, max: element.max };
    case "Assertion":
      return { kind: "assert", pairs: assertion(element, flags) };
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
      return { kind: "set", set: setOf(element, flags) };
    default:
      throw new Error(`${element.type} was to be refused before`);
  }
}

/** `(?i-m:…)` */
function scoped(flags: Flags, modifiers: AST.Modifiers | null): Flags {
  if (modifiers === null) return flags;
  const { add, remove } = modifiers;
  const value = (flag: "ignoreCase" | "multiline" | "dotAll"): boolean => (flags[flag] || add[flag]) && remove?.[flag] !== true;
  return { unicode: flags.unicode, ignoreCase: value("ignoreCase"), multiline: value("multiline"), dotAll: value("dotAll") };
}

function assertion(node: AST.Assertion, flags: Flags): Pairs {
  switch (node.kind) {
    case "start":
      return pairsWhere((before) => before === EDGE || (flags.multiline && before === LINE));
    case "end":
      return pairsWhere((_, after) => after === EDGE || (flags.multiline && after === LINE));
    case "word": {
      const word = (context: number): boolean => context === WORDLIKE || (context === WORD_IF_FOLDED && flags.unicode && flags.ignoreCase);
      return pairsWhere((before, after) => (word(before) !== word(after)) !== node.negate);
    }
    default:
      throw new Error(`${node.kind} was to be refused before`);
  }
}

function setOf(node: AST.Character | AST.CharacterSet | AST.CharacterClass, flags: Flags): CharSet {
  if (node.type === "CharacterSet" && node.kind === "any") return flags.dotAll ? EVERY : complement(LINE_TERMINATORS);
  if (node.type === "CharacterClass") {
    const set = folded(widened(union(...classMembers(node, flags)), flags), flags);
    return node.negate ? complement(set) : set;
  }
  return folded(plainSet(node, flags), flags);
}

function folded(set: CharSet, flags: Flags): CharSet {
  return flags.ignoreCase ? closeOverCase(set, flags.unicode) : set;
}

function widened(set: CharSet, flags: Flags): CharSet {
  return !flags.unicode && covers(set, SURROGATES) ? union(set, ASTRAL) : set;
}

function classMembers(node: AST.CharacterClass, flags: Flags): readonly CharSet[] {
  const members: CharSet[] = [];
  let high: number | null = null;
  for (const element of node.elements) {
    if (element.type === "Character" && high !== null && !flags.unicode && covers(LOW_SURROGATES, one(element.value))) {
      members[members.length - 1] = one(astral(high, element.value));
      high = null;
      continue;
    }
    high = element.type === "Character" && covers(HIGH_SURROGATES, one(element.value)) ? element.value : null;
    if (element.type === "CharacterClassRange") members.push([element.min.value, element.max.value]);
    else if (element.type === "Character" || element.type === "CharacterSet") members.push(plainSet(element, flags));
    else throw new Error(`${element.type} needs the flag \`v\`, which is refused`);
  }
  return members;
}

function plainSet(node: AST.Character | AST.CharacterSet, flags: Flags): CharSet {
  if (node.type === "Character") return one(node.value);
  switch (node.kind) {
    case "digit":
      return negated(DIGITS, node.negate);
    case "space":
      return negated(SPACE, node.negate);
    case "word":
      return negated(flags.unicode && flags.ignoreCase ? closeOverCase(WORD, true) : WORD, node.negate);
    case "property":
      return propertySet(node.raw);
    case "any":
      throw new Error("a dot is no member of a class");
  }
}

function negated(set: CharSet, negate: boolean): CharSet {
  return negate ? complement(set) : set;
}
