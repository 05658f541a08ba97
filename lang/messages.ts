// What a syntax error says. chevrotain tells us the rule and the token type it wanted; an author is told what the
// language expects there, in the language's words. A message is "expected …"; what was found is added by run.ts, which
// knows what follows. A help, if any, stands after a line break.
import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType } from "chevrotain";
import { nearest } from "./nearest.ts";
import {
  Arrow, AtMost, BytesToken, Colon, Comma, Compare, DotDot, Dot, DurationToken, Equals, isName, K, LBrace, LBracket, LParen, MoneyToken, Name, NumberToken, PatternToken,
  PercentToken, PriceToken, RBrace, RBracket, RParen, Semicolon, SizeToken, Star, StringToken, Tilde,
} from "./tokens.ts";

export const DECLARATION_WORDS = ["facts", "provider", "target", "dispatcher", "cascade", "alloy", "guard", "rule", "alert", "model", "invariant", "test"] as const;
const RULE_CLAUSES = ["when", "match", "expect", "after", "repeat", "allow", "then", "exhausted", "also"];
const ACTIONS = ["retry", "escalate", "block", "redact", "prepend", "append", "note"];

export const errorMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual, previous, ruleName }) => withHelp(`expected ${wanted(expected, previous, ruleName)}`, mismatchHelp({ expected, actual, previous, ruleName })),
  buildNoViableAltMessage: ({ actual, previous, ruleName }) => withHelp(`expected ${choice(ruleName, previous)}${after(previous)}`, choiceHelp(ruleName, actual[0]!)),
  buildNotAllInputParsedMessage: ({ firstRedundant }) => withHelp("expected a declaration", choiceHelp("item", firstRedundant)),
  buildEarlyExitMessage: ({ ruleName, previous }) => `expected ${choice(ruleName, previous)}${after(previous)}`,
};

/** A token as it is shown in a message; `null` is the end of the file. */
export function showToken(token: IToken | null): string {
  if (token === null || token.tokenType === EOF) return "the end of the file";
  if (token.image.length <= 40 && !/[\r\n`]/.test(token.image)) return `\`${token.image}\``;
  return token.tokenType === StringToken ? "a string" : token.tokenType === PatternToken ? "a pattern" : "a name";
}

// ── a token that is missing ──────────────────────────────────────────────────────────────────────────────────

type Mismatch = { readonly expected: TokenType; readonly actual: IToken; readonly previous: IToken; readonly ruleName: string };

function wanted(expected: TokenType, previous: IToken, ruleName: string): string {
  if (expected === RBrace) return `${CLAUSES[ruleName] ?? "a field"} or \`}\``;
  if (expected === RBracket) return "`,` or `]`";
  if (expected === Arrow) return previous.tokenType === K.otherwise ? "`->` after `otherwise`" : "`->` after the condition";
  if (expected === RParen && ruleName === "negation") return "`)` after the condition";
  if (expected === K.then && ruleName === "guardClause" && previous.tokenType !== LBrace) return "`then` after the condition";
  if (expected === K.on) return `\`on\` and a channel${after(previous)}`;
  return `${label(expected)}${after(previous)}`;
}

const CLAUSES: { readonly [ruleName: string]: string } = {
  use: "`,`",
  facts: "a fact",
  dispatcher: "`when`, `otherwise`, `smallest of`",
  cascade: "`try`, a field",
  alloy: "`blend`, a field",
  guard: "`when`, `then`",
  rule: "a clause",
  alert: "`when`, a field",
  invariant: "`never`, `only`, `always`, `attempts`, `cost`, `wall`",
  test: "`given`, `upstream`, `expect`",
};

function mismatchHelp({ expected, actual, previous, ruleName }: Mismatch): string | null {
  if (ruleName === "field" && expected === Equals) return clauseHelp(previous);
  if (ruleName === "record" && expected === RBrace && actual.tokenType === Equals) return commaHelp;
  if (expected === RBrace && actual.tokenType === Equals) return commaHelp;
  if (ruleName === "target" && expected === Equals) return 'a target is written `target NAME = PROVIDER "MODEL" { … }`';
  if (ruleName === "invariant" && expected === StringToken) return 'an invariant has a title: `invariant "…" { … }`';
  if (ruleName === "test" && expected === StringToken) return 'a test has a title: `test "…" { … }`';
  if (expected === Arrow && actual.tokenType === Equals) return "compare with `==`; an arm is written `when CONDITION -> SELECTOR`";
  if (ruleName === "fact" && expected === Name) return "a fact is written as names joined by dots, such as `request.tokens`";
  return null;
}

const commaHelp = "after a list of names a comma continues the list; end the list with a new line or `;`";

/** `mach /x/`: a field was tried because no clause begins so. */
function clauseHelp(previous: IToken): string | null {
  const meant = nearest(previous.image, [...RULE_CLAUSES, "try", "blend"]);
  return meant === null ? "a field is written `name = value`" : `did you mean \`${meant}\`?`;
}

// ── a choice none of whose alternatives fits ─────────────────────────────────────────────────────────────────

function choice(ruleName: string, previous: IToken): string {
  if (ruleName === "fence") return previous.tokenType === K.only || previous.tokenType === K.never ? "`zone`, `region`, `provider` or `target`" : "`only` or `never`";
  if (ruleName === "invariantClause" && previous.tokenType === K.always) return "`can` or `serves`";
  return CHOICES[ruleName] ?? CLAUSES[ruleName] ?? "something else";
}

const CHOICES: { readonly [ruleName: string]: string } = {
  item: "a declaration",
  factType: "a type",
  factSource: "`key`, `header`, `metadata` or `trusted header`",
  arm: "`when` or `otherwise`",
  destination: "a selector or `refuse \"…\"`",
  guardClause: "`only`, `never` or `refuse`",
  channel: "`text`, `reasoning`, `tool`, `output` or `request`",
  ruleClause: "a clause",
  match: "a pattern or `any [\"…\"]`",
  expect: "`json` or `schema`",
  action: `${ACTIONS.slice(0, -1).map((word) => `\`${word}\``).join(", ")} or \`note\``,
  invariantClause: "`never`, `only`, `always`, `attempts`, `cost` or `wall`",
  step: "a chunk such as `\"…\"`, `reasoning`, `tool`, `fails`, `hangs` or `cuts`",
  negation: "a condition",
  comparison: "a comparison",
  value: "a value",
  field: "a field",
  separator: "`,`",
};

function choiceHelp(ruleName: string, found: IToken): string | null {
  const candidates = CANDIDATES[ruleName];
  const meant = candidates && isName(found) ? nearest(found.image, candidates) : null;
  if (meant !== null) return `did you mean \`${meant}\`?`;
  if (ruleName === "item") return `a declaration begins with ${DECLARATION_WORDS.map((word) => `\`${word}\``).join(", ")}`;
  if (ruleName === "value" && isName(found)) return `\`${found.image}\` begins the next field`;
  if (ruleName === "factType") return "the types are `bool`, `int`, `string`, `enum(…)` and `set(…)`";
  return null;
}

const CANDIDATES: { readonly [ruleName: string]: readonly string[] } = {
  item: [...DECLARATION_WORDS, "use"],
  factSource: ["key", "header", "metadata", "trusted"],
  guardClause: ["only", "never", "refuse"],
  channel: ["text", "reasoning", "tool", "output", "request"],
  match: ["any"],
  expect: ["json", "schema"],
  action: ACTIONS,
  fence: ["only", "never", "zone", "region", "provider", "target"],
  invariantClause: ["never", "only", "always", "attempts", "cost", "wall", "can", "serves"],
  step: ["reasoning", "tool", "fails", "hangs", "cuts"],
};

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────

function after(previous: IToken | undefined): string {
  if (previous === undefined || previous.tokenType === EOF || previous.image.length > 40 || /[\r\n`]/.test(previous.image)) return "";
  return ` after \`${previous.image}\``;
}

function label(type: TokenType): string {
  return LABELS.get(type) ?? `\`${type.name.toLowerCase()}\``;
}

const LABELS: ReadonlyMap<TokenType, string> = new Map([
  [Name, "a name"], [StringToken, "a string"], [NumberToken, "a number"], [SizeToken, "a size"], [BytesToken, "a number of bytes"], [DurationToken, "a duration"],
  [MoneyToken, "an amount of money"], [PriceToken, "a price"], [PercentToken, "a percentage"], [PatternToken, "a pattern"], [LBrace, "`{`"], [RBrace, "`}`"], [LBracket, "`[`"],
  [RBracket, "`]`"], [LParen, "`(`"], [RParen, "`)`"], [Arrow, "`->`"], [Equals, "`=`"], [Compare, "a comparison"], [AtMost, "`<=`"], [Comma, "`,`"], [Semicolon, "`;`"],
  [Colon, "`:`"], [DotDot, "`..`"], [Dot, "`.`"], [Star, "`*`"], [Tilde, "`~`"],
]);

function withHelp(message: string, help: string | null): string {
  return help === null ? message : `${message}\n${help}`;
}
