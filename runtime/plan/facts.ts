// In: a request as facts, as `eval`, `simulate` and the gateway speak of it. Out: facts ready to plan with, or the first
// thing wrong with them. From here on every declared fact has a value of its type, is absent or is unknown; a missing
// bool is false and a missing set is empty, so only the others are ever absent.
import { CAPABILITIES, type Capability, type Fact, type RequestFacts } from "#contracts";
import type { Lookup } from "./lookup.ts";
import { nearest } from "./nearest.ts";

export type Value = boolean | number | string | ReadonlySet<string>;

export type Facts = {
  readonly tokens: number;
  readonly output: number;
  /** Null where nobody knows it; draws that go by it are then not made. */
  readonly turn: number | null;
  readonly needs: ReadonlySet<Capability>;
  /** Every fact that has a value, by its name in the language: `request.tokens`, `caller.tier`. */
  readonly values: ReadonlyMap<string, Value>;
  /** Names of facts nobody knows; they have no value above. */
  readonly unknown: ReadonlySet<string>;
};

/** `source` is where the caller put the wrong value; null where the fact is not declared at all. */
export type FactProblem = { readonly message: string; readonly help: string; readonly fact: string; readonly source: Fact["source"] | null };
export type FactsResult = { readonly ok: true; readonly facts: Facts } | { readonly ok: false; readonly problem: FactProblem };

export const CALLER_FACTS = ["tenant", "application", "agent", "user", "session", "run"] as const;

/** The facts every request has, in the order the language lists them, and their types. */
export const BUILT_IN_FACTS: ReadonlyMap<string, Fact["type"]> = new Map<string, Fact["type"]>([
  ["request.tokens", { kind: "int" }],
  ["request.output", { kind: "int" }],
  ["request.stream", { kind: "bool" }],
  ["request.turn", { kind: "int" }],
  ["request.needs", { kind: "set", values: [...CAPABILITIES] }],
  ...CALLER_FACTS.map((name): [string, Fact["type"]] => [`caller.${name}`, { kind: "string" }]),
]);

export function factsOf({ facts: declared }: Pick<Lookup, "facts">, request: RequestFacts): FactsResult {
  const values = builtIns(request);

  for (const [name, given] of Object.entries(request.facts ?? {})) {
    const fact = declared.get(name);
    if (fact === undefined) return failed(unknownFact(name, declared));
    const value = typed(fact, given);
    if (value === null) return failed(wrongValue(fact, given));
    values.set(name, value);
  }
  for (const fact of declared.values()) {
    if (values.has(fact.name)) continue;
    if (fact.type.kind === "bool") values.set(fact.name, false);
    if (fact.type.kind === "set") values.set(fact.name, NOTHING);
  }

  const unknown = request.unknown === undefined ? NOTHING : new Set(request.unknown);
  for (const name of unknown) {
    if (!declared.has(name) && !BUILT_IN_FACTS.has(name)) return failed(unknownFact(name, declared));
    if (given(request, name)) {
      return failed({ message: `\`${name}\` has a value and is listed as unknown`, help: "leave out one of the two", fact: name, source: null });
    }
    values.delete(name);
  }

  const { tokens = 0, output = 0, turn = 0, needs = [] } = request;
  return { ok: true, facts: { tokens, output, turn: unknown.has("request.turn") ? null : turn, needs: new Set(needs), values, unknown } };
}

/**
 * The declared facts of a live request from the texts its sources hold: `read` answers undefined where a source says
 * nothing. What comes out is `RequestFacts["facts"]`; nothing outside a fact's type is ever dropped.
 */
export function declaredFacts(
  declared: Lookup["facts"],
  read: (source: Fact["source"]) => string | undefined,
): { readonly ok: true; readonly facts: NonNullable<RequestFacts["facts"]> } | { readonly ok: false; readonly problem: FactProblem } {
  const facts: Record<string, boolean | number | string | readonly string[]> = {};
  for (const fact of declared.values()) {
    const text = read(fact.source);
    if (text === undefined) continue;
    const value = fromText(fact.type, text.trim());
    if (value === null || typed(fact, value) === null) return { ok: false, problem: wrongValue(fact, text.trim()) };
    facts[fact.name] = value;
  }
  return { ok: true, facts };
}

/** What is wrong with a claim of an API key as the value of a fact; null where nothing is. */
export function wrongClaim(fact: Fact, claim: boolean | number | string | readonly string[]): FactProblem | null {
  return typed(fact, claim) === null ? wrongValue(fact, claim) : null;
}

const NOTHING: ReadonlySet<string> = new Set();

function failed(problem: FactProblem): FactsResult {
  return { ok: false, problem };
}

function builtIns(request: RequestFacts): Map<string, Value> {
  const { tokens = 0, output = 0, stream = false, turn = 0, needs = [], caller = {} } = request;
  const values = new Map<string, Value>();
  values.set("request.tokens", tokens).set("request.output", output).set("request.stream", stream).set("request.turn", turn).set("request.needs", new Set<string>(needs));
  for (const name of CALLER_FACTS) {
    const value = caller[name];
    if (value !== undefined) values.set(`caller.${name}`, value);
  }
  return values;
}

type Given = boolean | number | string | readonly string[];

/** The value where it is one of the fact's type, else null. */
function typed({ type }: Fact, given: Given): Value | null {
  switch (type.kind) {
    case "bool":
      return typeof given === "boolean" ? given : null;
    case "int":
      return typeof given === "number" && Number.isSafeInteger(given) ? given : null;
    case "string":
      return typeof given === "string" ? given : null;
    case "enum":
      return typeof given === "string" && type.values.includes(given) ? given : null;
    case "set":
      return Array.isArray(given) && given.every((one) => type.values.includes(one)) ? new Set<string>(given) : null;
    default:
      return unreachable(type);
  }
}

function fromText(type: Fact["type"], text: string): Given | null {
  switch (type.kind) {
    case "bool":
      return text === "true" ? true : text === "false" ? false : null;
    case "int":
      return /^-?\d{1,16}$/.test(text) ? Number(text) : null;
    case "string":
    case "enum":
      return text;
    case "set":
      // An empty piece says nothing, so nothing is lost with it: `pii,` is `pii`, and an empty header is the empty set.
      return text.split(",").map((one) => one.trim()).filter((one) => one !== "");
    default:
      return unreachable(type);
  }
}

function wrongValue(fact: Fact, given: Given): FactProblem {
  const { type } = fact;
  const place = { key: "API key claim", header: "header", metadata: "metadata", "trusted-header": "header" }[fact.source.from];
  const wrong = Array.isArray(given) || type.kind === "set" ? wrongMember(type, given) : given;
  const expected = type.kind === "enum" || type.kind === "set" ? `one of ${type.values.map((one) => `\`${one}\``).join(", ")}` : EXPECTED[type.kind];
  return {
    message: `\`${String(wrong)}\` is not a value of \`${fact.name}\``,
    help: `the ${place} \`${fact.source.name}\` takes ${expected}`,
    fact: fact.name,
    source: fact.source,
  };
}

const EXPECTED = { bool: "`true` or `false`", int: "a whole number", string: "a text" } as const;

function wrongMember(type: Fact["type"], given: Given): Given {
  const values = type.kind === "set" ? type.values : [];
  const members = Array.isArray(given) ? given : typeof given === "string" ? given.split(",").map((one) => one.trim()) : [];
  return members.find((one) => !values.includes(one)) ?? (Array.isArray(given) ? given.join(",") : given);
}

function unknownFact(name: string, declared: Lookup["facts"]): FactProblem {
  const close = nearest(name, [...BUILT_IN_FACTS.keys(), ...declared.keys()]);
  return {
    message: `the policy declares no fact \`${name}\``,
    help: close === null ? "declare it in a `facts` block, or leave it out" : `did you mean \`${close}\`?`,
    fact: name,
    source: null,
  };
}

function given(request: RequestFacts, name: string): boolean {
  if (name.startsWith("caller.") && (CALLER_FACTS as readonly string[]).includes(name.slice(7))) {
    return request.caller?.[name.slice(7) as (typeof CALLER_FACTS)[number]] !== undefined;
  }
  if (BUILT_IN_FACTS.has(name)) return request[name.slice(8) as "tokens" | "output" | "stream" | "turn" | "needs"] !== undefined;
  return request.facts?.[name] !== undefined;
}

function unreachable(value: never): never {
  throw new Error(`no such type: ${JSON.stringify(value)}`);
}
