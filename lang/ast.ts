// The tree: how a policy is written, not yet what it means. Plain, readonly, tagged by `kind`.
// Every node carries its span; two trees are "the same" when they are equal without spans and comments.
import type { Span } from "./source.ts";

/** `doc` marks `///`; docs also hang on the declaration they precede. `text` is the comment as written. */
export type Comment = {
  readonly kind: "comment";
  readonly style: "line" | "block" | "doc";
  readonly text: string;
  /** Does it begin its line? Otherwise it stands behind something, and the printer keeps it there. */
  readonly ownLine: boolean;
  readonly span: Span;
};

export type File = {
  readonly kind: "file";
  /** The edition in `ward 1`; null where it is missing (an error has been reported). */
  readonly edition: number | null;
  /** Where it says so. */
  readonly editionSpan: Span | null;
  readonly uses: readonly Use[];
  readonly declarations: readonly Declaration[];
  /** In the order of the text. The printer puts each back beside the node it stood by. */
  readonly comments: readonly Comment[];
  /** Where the author left an empty line: the offsets of the tokens and comments that follow one, in order. */
  readonly blanks: readonly number[];
  /** Empty in a file that parses. */
  readonly damaged: readonly Damaged[];
  /** From the file's first token (`ward`, where it is not missing) to its last. */
  readonly span: Span;
};

/**
 * A declaration that a syntax error (which has been reported) left with a part missing, or without any tree: its name, if
 * it has one, is known, and whatever else seems wrong within its span may only seem so.
 */
export type Damaged = { readonly name: Name | null; readonly span: Span };

export type Name = { readonly kind: "name"; readonly text: string; readonly span: Span };

/** `use "./lib.ward" { a, b }` */
export type Use = { readonly kind: "use"; readonly path: StringLiteral; readonly names: readonly Name[]; readonly span: Span };

// ── literals ─────────────────────────────────────────────────────────────────────────────────────────────────

/** A whole or decimal number: `1_000`, `0.2`. `text` is as written. */
export type NumberLiteral = { readonly kind: "number"; readonly value: number; readonly text: string; readonly span: Span };
/** A count with a suffix: `32k` is 32000, `32Ki` is 32768. */
export type SizeLiteral = { readonly kind: "size"; readonly value: number; readonly suffix: "k" | "Ki" | "M" | "Mi"; readonly text: string; readonly span: Span };
/** `64KiB`; `value` in bytes. */
export type BytesLiteral = { readonly kind: "bytes"; readonly value: number; readonly text: string; readonly span: Span };
/** `250ms 30s 5m 1h 30d`; `value` in milliseconds. */
export type DurationLiteral = { readonly kind: "duration"; readonly value: number; readonly text: string; readonly span: Span };
/** `$0.25`; `value` in millionths of a US dollar, a whole number. */
export type MoneyLiteral = { readonly kind: "money"; readonly value: number; readonly text: string; readonly span: Span };
/** `$3/$15`: input and output, in millionths of a US dollar per million tokens. */
export type PriceLiteral = { readonly kind: "price"; readonly input: number; readonly output: number; readonly text: string; readonly span: Span };
/** `10%`; `value` is 10. */
export type PercentLiteral = { readonly kind: "percent"; readonly value: number; readonly text: string; readonly span: Span };
/** `"…"` or, with `block`, `"""…"""`, whose `value` is dedented. */
export type StringLiteral = { readonly kind: "string"; readonly value: string; readonly block: boolean; readonly span: Span };
/** `/source/flags`; the source as written between the slashes. */
export type PatternLiteral = { readonly kind: "pattern"; readonly source: string; readonly flags: string; readonly span: Span };

export type ListValue = { readonly kind: "list"; readonly items: readonly Value[]; readonly span: Span };
export type RecordValue = { readonly kind: "record"; readonly fields: readonly Field[]; readonly span: Span };
/** `env(NAME)` or `env(NAME, "default")` */
export type EnvValue = { readonly kind: "env"; readonly variable: Name; readonly fallback: StringLiteral | null; readonly span: Span };
/** `200ms..5s` */
export type RangeValue = { readonly kind: "range"; readonly from: DurationLiteral; readonly to: DurationLiteral; readonly span: Span };

/** A bare name is a reference or a word of a closed set (`free`, `true`, `session`): the binder knows which. */
export type Value =
  | Name | NumberLiteral | SizeLiteral | BytesLiteral | DurationLiteral | MoneyLiteral | PriceLiteral | PercentLiteral
  | StringLiteral | PatternLiteral | ListValue | RecordValue | EnvValue | RangeValue;

/** `name = value`; a record's keys may be strings (`headers = { "X-Org" = "a" }`). */
export type Field = { readonly kind: "field"; readonly name: Name | StringLiteral; readonly value: Value; readonly span: Span };

// ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

/** `request.tokens`: one or more names joined by dots. `path` is the joined text. */
export type FactRef = { readonly kind: "fact"; readonly path: string; readonly span: Span };

export type Condition =
  | { readonly kind: "or"; readonly of: readonly Condition[]; readonly span: Span }
  | { readonly kind: "and"; readonly of: readonly Condition[]; readonly span: Span }
  | { readonly kind: "not"; readonly of: Condition; readonly span: Span }
  | { readonly kind: "compare"; readonly op: "==" | "!=" | "<" | "<=" | ">" | ">="; readonly fact: FactRef; readonly value: Value; readonly span: Span }
  | { readonly kind: "has"; readonly fact: FactRef; readonly value: Value; readonly span: Span }
  | { readonly kind: "in"; readonly fact: FactRef; readonly values: ListValue; readonly span: Span }
  | { readonly kind: "absent"; readonly fact: FactRef; readonly span: Span }
  /** A bool fact on its own: `when request.stream`. */
  | { readonly kind: "truth"; readonly fact: FactRef; readonly span: Span };

// ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────

type Declared = {
  readonly name: Name;
  /** `was old-name`: the identity that survives a rename. */
  readonly was: Name | null;
  /** The text of the `///` lines above, without their slashes; null where there are none. */
  readonly doc: string | null;
  readonly span: Span;
};

export type Facts = { readonly kind: "facts"; readonly doc: string | null; readonly facts: readonly FactDeclaration[]; readonly span: Span };
export type FactDeclaration = {
  readonly kind: "fact-declaration";
  readonly fact: FactRef;
  readonly type: FactType;
  readonly source: FactSource;
  readonly span: Span;
};
export type FactType =
  | { readonly kind: "scalar"; readonly of: Name; readonly span: Span } // bool, int, string; the binder refuses others
  | { readonly kind: "choice"; readonly of: "enum" | "set"; readonly values: readonly Name[]; readonly span: Span };
/** `from key ["claim"]`, `from header "…"`, `from metadata "…"`, `from trusted header "…"` */
export type FactSource = { readonly kind: "fact-source"; readonly from: "key" | "header" | "metadata" | "trusted-header"; readonly name: StringLiteral | null; readonly span: Span };

export type Provider = Declared & { readonly kind: "provider"; readonly fields: readonly Field[] };
/** `target qwen = ollama "qwen3-coder:30b" { … }` */
export type Target = Declared & { readonly kind: "target"; readonly provider: Name; readonly model: StringLiteral; readonly fields: readonly Field[] };

export type Dispatcher = Declared & {
  readonly kind: "dispatcher";
  readonly body:
    | { readonly kind: "arms"; readonly arms: readonly Arm[]; readonly span: Span }
    | { readonly kind: "smallest"; readonly of: readonly Name[]; readonly span: Span };
};
/** `when COND -> DEST`, or `otherwise -> DEST` with `when` null. */
export type Arm = { readonly kind: "arm"; readonly when: Condition | null; readonly then: Destination; readonly span: Span };
export type Destination =
  | { readonly kind: "to"; readonly selector: Name; readonly span: Span }
  | { readonly kind: "refuse"; readonly message: StringLiteral; readonly span: Span };

/** `cascade steady { resume = continue  try sonnet { retry = 1 }  try gpt }`; `fields` are the cascade's own. */
export type Cascade = Declared & { readonly kind: "cascade"; readonly fields: readonly Field[]; readonly tries: readonly Try[] };
export type Try = { readonly kind: "try"; readonly selector: Name; readonly fields: readonly Field[]; readonly span: Span };

/** `blend a * 2, b` and fields; a part without a weight has `weight` null. */
export type Alloy = Declared & { readonly kind: "alloy"; readonly parts: readonly Part[]; readonly fields: readonly Field[] };
export type Part = { readonly kind: "part"; readonly selector: Name; readonly weight: NumberLiteral | null; readonly span: Span };

export type By = "zone" | "region" | "provider" | "target";
export type Guard = Declared & { readonly kind: "guard"; readonly when: Condition | null; readonly then: GuardClause };
export type GuardClause =
  | { readonly kind: "only" | "never"; readonly by: By; readonly names: readonly Name[]; readonly span: Span }
  | { readonly kind: "refuse"; readonly message: StringLiteral; readonly span: Span };

export type Channel = { readonly kind: "channel"; readonly on: "text" | "reasoning" | "tool" | "output" | "request"; readonly glob: StringLiteral | null; readonly span: Span };
export type Rule = Declared & { readonly kind: "rule"; readonly channel: Channel; readonly clauses: readonly RuleClause[] };
export type RuleClause =
  | { readonly kind: "when"; readonly condition: Condition; readonly span: Span }
  | { readonly kind: "match"; readonly pattern: PatternLiteral; readonly span: Span }
  | { readonly kind: "match-any"; readonly texts: ListValue; readonly span: Span }
  | { readonly kind: "expect"; readonly what: "json" | "schema"; readonly path: StringLiteral | null; readonly span: Span }
  | { readonly kind: "after"; readonly tool: StringLiteral; readonly turns: NumberLiteral; readonly span: Span }
  | { readonly kind: "repeat"; readonly times: NumberLiteral; readonly turns: NumberLiteral; readonly span: Span }
  | { readonly kind: "allow"; readonly names: ListValue; readonly span: Span }
  | { readonly kind: "option"; readonly field: Field; readonly span: Span } // hold, within, mode
  | { readonly kind: "then"; readonly action: Action; readonly span: Span }
  | { readonly kind: "exhausted"; readonly action: Action; readonly span: Span }
  | { readonly kind: "also-alert"; readonly alert: Name; readonly span: Span };
export type Action =
  | { readonly kind: "retry"; readonly fields: readonly Field[]; readonly span: Span }
  | { readonly kind: "escalate"; readonly selector: Name; readonly fields: readonly Field[]; readonly span: Span }
  | { readonly kind: "block"; readonly message: StringLiteral; readonly span: Span }
  | { readonly kind: "redact"; readonly replacement: StringLiteral; readonly span: Span }
  | { readonly kind: "prepend" | "append"; readonly text: StringLiteral; readonly span: Span }
  | { readonly kind: "note"; readonly span: Span };

export type Alert = Declared & { readonly kind: "alert"; readonly when: Condition | null; readonly fields: readonly Field[] };
export type Model = Declared & { readonly kind: "model"; readonly fields: readonly Field[] };

/** `invariant "…" { for MODEL [when COND] CLAUSE+ }` */
export type Invariant = {
  readonly kind: "invariant";
  readonly title: StringLiteral;
  readonly doc: string | null;
  readonly models: readonly Name[];
  readonly when: Condition | null;
  readonly clauses: readonly InvariantClause[];
  readonly span: Span;
};
export type InvariantClause =
  | { readonly kind: "never" | "only"; readonly by: By; readonly names: readonly Name[]; readonly span: Span }
  | { readonly kind: "always-can"; readonly capabilities: readonly Name[]; readonly span: Span }
  | { readonly kind: "always-serves"; readonly span: Span }
  | { readonly kind: "bound"; readonly of: "attempts" | "cost" | "wall"; readonly limit: Value; readonly span: Span };

/** `test "…" { given { … } upstream qwen "a" ~ "b" expect { … } }` */
export type Test = {
  readonly kind: "test";
  readonly title: StringLiteral;
  readonly doc: string | null;
  readonly given: RecordValue;
  readonly upstreams: readonly Upstream[];
  readonly expect: RecordValue;
  readonly span: Span;
};
/** One attempt's script for one target, its chunks joined by `~`. */
export type Upstream = { readonly kind: "upstream"; readonly target: Name; readonly steps: readonly UpstreamStep[]; readonly span: Span };
export type UpstreamStep =
  | { readonly kind: "text"; readonly text: StringLiteral; readonly span: Span }
  | { readonly kind: "reasoning"; readonly text: StringLiteral; readonly span: Span }
  | { readonly kind: "tool"; readonly name: StringLiteral; readonly arguments: StringLiteral | null; readonly span: Span }
  | { readonly kind: "fails"; readonly status: NumberLiteral; readonly span: Span }
  | { readonly kind: "hangs" | "cuts"; readonly span: Span };

export type Declaration = Facts | Provider | Target | Dispatcher | Cascade | Alloy | Guard | Rule | Alert | Model | Invariant | Test;
/** Declarations with a name of their own in the program's one namespace. */
export type NamedDeclaration = Exclude<Declaration, Facts | Invariant | Test>;
