// The bundle: what the compiler emits and the runtime loads. Its JSON Schema in schemas/bundle.schema.json is
// generated from here. From here on every default is written out and every name is an id; the runtime never
// merges, inherits or guesses.
//
//   { format, digest, policy, about, seal }
//
// `digest` covers `policy` only, so comments, layout and file names do not change it. `seal` covers everything but
// itself, so one changed byte anywhere is found before anything is served.
import { z } from "zod";

export const BUNDLE_FORMAT = "wardwright.bundle/1";

/** Runtime features a policy may require. A runtime that lacks one refuses the bundle by its name. */
export const FEATURES = ["routes", "guards", "text-rules", "tool-rules", "output-rules", "request-rules", "shadow-rules", "resume-continue"] as const;

export const CAPABILITIES = [
  "tools", "parallel_tools", "json", "json_schema", "vision", "audio", "files", "reasoning", "logprobs", "embeddings",
] as const;

/** Why an attempt failed, as cascades speak of it. */
export const FAILURE_CLASSES = [
  "rate_limit", "overloaded", "timeout", "unavailable", "context_exceeded", "auth", "bad_request", "refused", "malformed", "truncated",
] as const;
/** The only classes a step's `retry` repeats. */
export const RETRYABLE = ["rate_limit", "overloaded", "timeout", "unavailable", "truncated", "malformed"] as const satisfies readonly FailureClass[];
/** The classes a step moves on by when it does not say: all but the two that say the request itself is at fault. */
export const MOVES_ON_BY_DEFAULT = FAILURE_CLASSES.filter((one) => one !== "bad_request" && one !== "refused");

export const PROVIDER_KINDS = ["openai", "openai_compatible", "ollama", "vllm", "openrouter", "litellm", "anthropic", "gemini", "mock"] as const;

// ── small shapes ─────────────────────────────────────────────────────────────────────────────────────────────

const count = z.int().min(0);
/** `kind:name` of the declaration a reference points at, or a path below it (`cascade:steady/try:1`). */
const id = z.string().regex(/^[a-z]+:[^\s]+$/);
const name = z.string().min(1);
const milliseconds = count;
/** Millionths of a US dollar. */
const microdollars = count;

/** A value that is written in the policy or read from the environment when the runtime starts. */
export const Setting = z
  .discriminatedUnion("from", [
    z.strictObject({ from: z.literal("literal"), value: z.string() }),
    z.strictObject({ from: z.literal("env"), variable: name, fallback: z.string().nullable() }),
  ])
  .meta({ id: "Setting" });

export const Fact = z
  .strictObject({
    name,
    type: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.enum(["bool", "int", "string"]) }),
      z.strictObject({ kind: z.enum(["enum", "set"]), values: z.array(name) }),
    ]),
    /** Where its value comes from; `name` is the claim, header or metadata key. Claims and trusted headers are trusted. */
    source: z.strictObject({ from: z.enum(["key", "header", "metadata", "trusted-header"]), name }),
  })
  .meta({ id: "Fact" });

/** `!=` is lowered to `not ==`, a bare bool fact to `== true`. Durations are milliseconds, money is microdollars. */
export type Condition =
  | { readonly op: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly op: "not"; readonly of: Condition }
  | { readonly op: "compare"; readonly fact: string; readonly is: "==" | "<" | "<=" | ">" | ">="; readonly value: string | number | boolean }
  | { readonly op: "in"; readonly fact: string; readonly values: readonly (string | number)[] }
  | { readonly op: "has"; readonly fact: string; readonly value: string }
  | { readonly op: "absent"; readonly fact: string };
export const Condition: z.ZodType<Condition> = z
  .lazy(() =>
    z.union([
      z.strictObject({ op: z.enum(["and", "or"]), of: z.array(Condition) }),
      z.strictObject({ op: z.literal("not"), of: Condition }),
      z.strictObject({ op: z.literal("compare"), fact: name, is: z.enum(["==", "<", "<=", ">", ">="]), value: z.union([z.string(), z.number(), z.boolean()]) }),
      z.strictObject({ op: z.literal("in"), fact: name, values: z.array(z.union([z.string(), z.number()])) }),
      z.strictObject({ op: z.literal("has"), fact: name, value: z.string() }),
      z.strictObject({ op: z.literal("absent"), fact: name }),
    ]),
  )
  .meta({ id: "Condition" });

// ── providers and targets ────────────────────────────────────────────────────────────────────────────────────

export const Provider = z
  .strictObject({
    id,
    name,
    kind: z.enum(PROVIDER_KINDS),
    /** Null only for `mock`. */
    base: Setting.nullable(),
    key: Setting.nullable(),
    headers: z.record(z.string(), Setting),
    zone: name.nullable(),
    region: name.nullable(),
    timeout: z.strictObject({ connect: milliseconds, first_token: milliseconds, idle: milliseconds, total: milliseconds }),
    breaker: z.strictObject({ failures: count, cooldown: milliseconds }).nullable(),
    limit: z.strictObject({ concurrency: count.nullable() }),
  })
  .meta({ id: "Provider" });

/** One step of what a mock target does: text to stream, a pause, or a way to fail. */
export const MockStep = z
  .discriminatedUnion("do", [
    z.strictObject({ do: z.literal("text"), text: z.string() }),
    z.strictObject({ do: z.literal("reasoning"), text: z.string() }),
    z.strictObject({ do: z.literal("tool"), name, arguments: z.string() }),
    z.strictObject({ do: z.literal("wait"), ms: milliseconds }),
    z.strictObject({ do: z.literal("fails"), status: count, retry_after: milliseconds.nullable() }),
    z.strictObject({ do: z.literal("hangs") }),
    z.strictObject({ do: z.literal("cuts") }),
  ])
  .meta({ id: "MockStep" });

export const Target = z
  .strictObject({
    id,
    name,
    provider: id,
    /** The provider's own name of the model. */
    model: z.string(),
    /** Tokens the context window holds, prompt and answer together. */
    context: count,
    /** Tokens one answer may have; null where it is not declared. */
    output: count.nullable(),
    can: z.array(z.enum(CAPABILITIES)),
    /** Microdollars per million tokens; null where it is not declared. */
    price: z.strictObject({ input: microdollars, output: microdollars }).nullable(),
    /** Defaults for the request's body; what the caller sent wins. */
    params: z.record(z.string(), z.json()),
    /** How it is asked to go on from a partial answer. */
    continues: z.enum(["prefix", "instruction"]),
    /** Scripts of a mock target: the n-th attempt of a request plays the n-th, the last one repeats. Empty: it echoes. */
    replies: z.array(z.array(MockStep)),
  })
  .meta({ id: "Target" });

// ── selectors ────────────────────────────────────────────────────────────────────────────────────────────────

export const Destination = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("selector"), id }),
    z.strictObject({ kind: z.literal("refuse"), message: z.string() }),
  ])
  .meta({ id: "Destination" });

/** First matching arm wins; the last one has `when` null and always matches. */
export const Dispatcher = z.strictObject({
  kind: z.literal("dispatcher"),
  id,
  name,
  arms: z.array(z.strictObject({ id, when: Condition.nullable(), then: Destination })).min(1),
});

/** `smallest of`: fitting parts by effective context window, then in the order listed. */
export const Smallest = z.strictObject({
  kind: z.literal("smallest"),
  id,
  name,
  parts: z.array(z.strictObject({ id, selector: id })).min(1),
});

export const Cascade = z.strictObject({
  kind: z.literal("cascade"),
  id,
  name,
  /** How an answer goes on when a step fails after something was released. */
  resume: z.enum(["restart", "continue", "never"]),
  tries: z
    .array(
      z.strictObject({
        id,
        selector: id,
        /** Milliseconds for one attempt, first byte to last; null leaves it to the provider's. */
        timeout: milliseconds.nullable(),
        retry: count,
        backoff: z.strictObject({ from: milliseconds, to: milliseconds }),
        on: z.array(z.enum(FAILURE_CLASSES)),
      }),
    )
    .min(1),
});

export const Alloy = z.strictObject({
  kind: z.literal("alloy"),
  id,
  name,
  pick: z.enum(["weighted", "round_robin", "alternate", "all"]),
  sticky: z.enum(["request", "turn", "session"]),
  partial_context: z.boolean(),
  /** Weights are reduced by their greatest common divisor, so 2:2 and 1:1 are one alloy. */
  parts: z.array(z.strictObject({ id, selector: id, weight: z.int().min(1) })).min(1),
});

export const Selector = z.discriminatedUnion("kind", [Dispatcher, Smallest, Cascade, Alloy]).meta({ id: "Selector" });

// ── guards and rules ─────────────────────────────────────────────────────────────────────────────────────────

export const Guard = z
  .strictObject({
    id,
    name,
    when: Condition.nullable(),
    then: z.discriminatedUnion("kind", [
      /** `names` are zone or region names, or ids of providers or targets. */
      z.strictObject({ kind: z.enum(["only", "never"]), by: z.enum(["zone", "region", "provider", "target"]), names: z.array(name) }),
      z.strictObject({ kind: z.literal("refuse"), message: z.string() }),
    ]),
  })
  .meta({ id: "Guard" });

export const Hold = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.enum(["match", "none", "line", "sentence", "all"]) }),
    z.strictObject({ kind: z.literal("size"), characters: z.int().min(1) }),
  ])
  .meta({ id: "Hold" });

/** `limit` is how often it may happen in one request; an action without one may happen always. */
export const Action = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("retry"),
      limit: z.int().min(1),
      remind: z.string().nullable(),
      resume: z.enum(["auto", "restart", "continue", "never"]),
      feedback: z.enum(["none", "validation"]),
    }),
    z.strictObject({ kind: z.literal("escalate"), selector: id, limit: z.int().min(1), resume: z.enum(["auto", "restart", "continue", "never"]) }),
    z.strictObject({ kind: z.literal("block"), message: z.string() }),
    z.strictObject({ kind: z.literal("redact"), replacement: z.string() }),
    z.strictObject({ kind: z.literal("note") }),
    z.strictObject({ kind: z.enum(["prepend", "append"]), text: z.string() }),
  ])
  .meta({ id: "Action" });

/**
 * The rules of one lane joined into one automaton over code points (Glushkov: a node is entered by reading one
 * character of its set). Assertions between two characters are compiled away; those at the edges of a match are
 * masks over what stands before its first and after its last character: 1 the block's edge, 2 a line terminator,
 * 4 a word character, 8 any other, 16 one that is a word character only for `iu` patterns (U+017F, U+212A).
 */
export const Automaton = z
  .strictObject({
    id,
    /** Accepting nodes name rules by their place in this list, which is in the models' order. */
    rules: z.array(id),
    /** The alphabet: class `classes[i]` holds the code points from `cuts[i]` up to `cuts[i + 1]`; `cuts[0]` is 0. */
    cuts: z.array(count),
    classes: z.array(count),
    /** For each class, its bit of the masks. */
    contexts: z.array(count),
    /** Sets of classes, shared by nodes; each ascending. */
    sets: z.array(z.array(count)),
    nodes: z.array(
      z.strictObject({
        set: count,
        /** Mask under which a match may begin by entering this node; 0 where none begins here. */
        start: count,
        follow: z.array(count),
        /** [rule, mask of what may stand after]; 31 accepts at once. */
        accept: z.array(z.tuple([count, count])),
      }),
    ),
  })
  .meta({ id: "Automaton" });

/**
 * What the `pattern`s and `patternProperties` of a schema match, so that no expression is parsed or tried backwards at
 * run time: the n-th source is the n-th rule of the automaton. Where a pattern takes no text at all is not in the
 * automaton but in `empty`: bit 5 * before + after, with the masks' bits numbered from 0.
 */
export const SchemaPatterns = z
  .strictObject({ sources: z.array(z.strictObject({ source: z.string(), empty: count.max(2 ** 25 - 1) })).min(1), automaton: Automaton })
  .meta({ id: "SchemaPatterns" });

export const Rule = z
  .strictObject({
    id,
    name,
    channel: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.enum(["text", "reasoning", "output", "request"]) }),
      z.strictObject({ kind: z.literal("tool"), glob: z.string() }),
    ]),
    when: Condition.nullable(),
    mode: z.enum(["enforce", "shadow"]),
    match: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("pattern"), source: z.string(), flags: z.string() }),
      z.strictObject({ kind: z.literal("any"), texts: z.array(z.string().min(1)).min(1) }),
      z.strictObject({ kind: z.literal("json") }),
      /** `patterns` is there where the schema has some. */
      z.strictObject({ kind: z.literal("schema"), schema: z.json(), patterns: SchemaPatterns.optional() }),
      z.strictObject({ kind: z.literal("after"), tool: z.string(), turns: z.int().min(1) }),
      z.strictObject({ kind: z.literal("repeat"), times: z.int().min(1), turns: z.int().min(1) }),
      z.strictObject({ kind: z.literal("allow"), names: z.array(z.string()) }),
      /** Looks for nothing: a rule on the request that acts whenever its condition holds. */
      z.strictObject({ kind: z.literal("always") }),
    ]),
    /** Rules on tools and outputs hold `all` or `none`: a call or an answer goes out whole, or is only looked at. */
    hold: Hold,
    /** A match longer than this many characters is none; null is no cap. */
    within: z.int().min(1).nullable(),
    /**
     * What happens, in order: each step up to its `limit` in one request, then the next; the last has none.
     * `then retry { limit = 2 } exhausted block "…"` is [retry 2, block].
     */
    ladder: z.array(Action).min(1),
    alerts: z.array(id),
    /** Characters of the longest text a match can have, as its ladder decides it; null where it has no bound. */
    longest: z.int().min(1).nullable(),
  })
  .meta({ id: "Rule" });

// ── models ───────────────────────────────────────────────────────────────────────────────────────────────────

export const Model = z
  .strictObject({
    id,
    name,
    aliases: z.array(name),
    route: id,
    guards: z.array(id),
    /** In the order the model lists them: the order in which they act. */
    rules: z.array(id),
    alerts: z.array(id),
    /** Tokens kept free for the answer when the caller does not say how long it may be. */
    reserve: count,
    limits: z.strictObject({ attempts: z.int().min(1), cost: microdollars.nullable(), wall: milliseconds, held: count }),
    receipts: z.strictObject({ capture: z.enum(["metadata", "full"]), keep: milliseconds.nullable() }),
    /** The automata that watch its streams: rules that hold text back, and rules that only look on. */
    automata: z.array(z.strictObject({ channel: z.enum(["text", "reasoning", "tool", "output", "request"]), lane: z.enum(["hold", "observe"]), automaton: id })),
  })
  .meta({ id: "Model" });

export const Alert = z
  .strictObject({ id, name, when: Condition.nullable(), to: name.nullable(), cooldown: milliseconds })
  .meta({ id: "Alert" });

export const InvariantClause = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.enum(["only", "never"]), by: z.enum(["zone", "region", "provider", "target"]), names: z.array(name) }),
    z.strictObject({ kind: z.literal("always-can"), capabilities: z.array(z.enum(CAPABILITIES)) }),
    z.strictObject({ kind: z.literal("always-serves") }),
    z.strictObject({ kind: z.literal("bound"), of: z.enum(["attempts", "cost", "wall"]), limit: count }),
  ])
  .meta({ id: "InvariantClause" });

export const Invariant = z
  .strictObject({ id, title: z.string(), models: z.array(id), when: Condition.nullable(), clauses: z.array(InvariantClause) })
  .meta({ id: "Invariant" });

/** Lists are sorted by id, so that reordering declarations changes nothing; a model's own lists keep their order. */
export const Policy = z
  .strictObject({
    edition: z.literal(1),
    requires: z.array(z.string()),
    facts: z.array(Fact),
    providers: z.array(Provider),
    targets: z.array(Target),
    selectors: z.array(Selector),
    guards: z.array(Guard),
    rules: z.array(Rule),
    automata: z.array(Automaton),
    alerts: z.array(Alert),
    models: z.array(Model),
    invariants: z.array(Invariant),
  })
  .meta({ id: "Policy" });

export const Place = z
  .strictObject({ file: z.string(), line: z.int().min(1), column: z.int().min(1), endLine: z.int().min(1), endColumn: z.int().min(1) })
  .meta({ id: "Place" });

export const Bundle = z
  .strictObject({
    format: z.literal(BUNDLE_FORMAT),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    policy: Policy,
    about: z.strictObject({
      /** The entry, and for every id its place in the source and its doc comment. Paths are relative to the entry's folder. */
      entry: z.string(),
      places: z.record(z.string(), Place),
      docs: z.record(z.string(), z.string()),
    }),
    seal: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  })
  .meta({ id: "Bundle", title: "Wardwright bundle", description: "A compiled policy. `digest` is over the canonical JSON of `policy`, `seal` over everything but `seal`." });

// ── types ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The inferred shape with everything readonly: a bundle is never changed after it was emitted. */
export type Frozen<T> = T extends readonly (infer Item)[]
  ? number extends T["length"] ? readonly Frozen<Item>[] : { readonly [Key in keyof T]: Frozen<T[Key]> }
  : T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

export type Capability = (typeof CAPABILITIES)[number];
export type FailureClass = (typeof FAILURE_CLASSES)[number];
export type ProviderKind = (typeof PROVIDER_KINDS)[number];
export type Setting = Frozen<z.infer<typeof Setting>>;
export type Fact = Frozen<z.infer<typeof Fact>>;
export type Provider = Frozen<z.infer<typeof Provider>>;
export type MockStep = Frozen<z.infer<typeof MockStep>>;
export type Target = Frozen<z.infer<typeof Target>>;
export type Destination = Frozen<z.infer<typeof Destination>>;
export type Dispatcher = Frozen<z.infer<typeof Dispatcher>>;
export type Smallest = Frozen<z.infer<typeof Smallest>>;
export type Cascade = Frozen<z.infer<typeof Cascade>>;
export type Alloy = Frozen<z.infer<typeof Alloy>>;
export type Selector = Frozen<z.infer<typeof Selector>>;
export type Guard = Frozen<z.infer<typeof Guard>>;
export type Hold = Frozen<z.infer<typeof Hold>>;
export type Action = Frozen<z.infer<typeof Action>>;
export type Rule = Frozen<z.infer<typeof Rule>>;
export type Automaton = Frozen<z.infer<typeof Automaton>>;
export type SchemaPatterns = Frozen<z.infer<typeof SchemaPatterns>>;
export type Model = Frozen<z.infer<typeof Model>>;
export type Alert = Frozen<z.infer<typeof Alert>>;
export type InvariantClause = Frozen<z.infer<typeof InvariantClause>>;
export type Invariant = Frozen<z.infer<typeof Invariant>>;
export type Policy = Frozen<z.infer<typeof Policy>>;
export type Place = Frozen<z.infer<typeof Place>>;
export type Bundle = Frozen<z.infer<typeof Bundle>>;
