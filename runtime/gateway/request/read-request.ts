// In: what came over HTTP. Out: a request that can be planned, or the first thing wrong with it, naming where it came from.
// From here on every value has the type the policy declared.
import { withoutKeys, type ApiKey, type Model, type RequestFacts } from "#contracts";
import { claimText, mayUse } from "../../callers/index.ts";
import type { Loaded } from "../../load.ts";
import { CALLER_FACTS, declaredFacts, factsOf, nearest, type FactProblem, type Facts } from "../../plan/index.ts";
import { readCaller, type Caller } from "./caller.ts";
import type { Incoming } from "../client.ts";
import { parseBody } from "./parse.ts";
import { badRequest, problem, type Problem } from "../problem.ts";
import type { Asked, Surface } from "../surface.ts";

export type ReadRequest =
  | { readonly kind: "request"; readonly asked: Asked; readonly key: ApiKey | null; readonly model: Model; readonly caller: Caller; readonly request: RequestFacts; readonly facts: Facts }
  | { readonly kind: "problem"; readonly problem: Problem };

export function readRequest(loaded: Loaded, surface: Surface, incoming: Incoming): ReadRequest {
  const parsed = incoming.told ?? parseBody(incoming.body);
  if (parsed.kind === "problem") return parsed;
  const read = surface.read(parsed.body);
  if (read.kind === "problem") return read;
  const asked = withTurn(withHeaders(read.asked, surface, incoming), incoming);
  const { key } = incoming;
  const model = modelFor(loaded, key, asked.model);
  if (model === null) return { kind: "problem", problem: unknownModel(loaded, asked.model, key) };

  const called = readCaller(incoming, asked.metadata);
  if (called.kind === "problem") return called;
  const { caller } = called;
  const declared = declaredFacts(loaded.facts, (source) => {
    // Nothing but a key can say it: without one such a fact is absent.
    if (source.from === "key") return key === null ? undefined : claimText(key, source.name);
    const said = source.from === "metadata" ? own(asked.metadata, source.name) : incoming.header(source.name.toLowerCase());
    return said === undefined ? undefined : withoutKeys(said);
  });
  if (!declared.ok) return { kind: "problem", problem: wrongFact(declared.problem) };

  const request: RequestFacts = { model: model.name, ...surface.facts(asked.body), caller: callerFacts(caller), facts: declared.facts };
  const facts = factsOf(loaded, request);
  return facts.ok ? { kind: "request", asked, key, model, caller, request, facts: facts.facts } : { kind: "problem", problem: wrongFact(facts.problem) };
}

function withHeaders(asked: Asked, surface: Surface, incoming: Incoming): Asked {
  const headers: (readonly [string, string])[] = [];
  for (const name of surface.carries) {
    const value = incoming.header(name);
    if (value !== undefined) headers.push([name, value]);
  }
  return headers.length === 0 ? asked : { ...asked, headers };
}

function withTurn(asked: Asked, { told }: Incoming): Asked {
  return told?.kind === "body" ? { ...asked, turn: told.turn } : asked;
}

/** The model of that name, where the key may use it. */
export function modelFor(loaded: Loaded, key: ApiKey | null, name: string): Model | null {
  const model = loaded.modelNamed(name);
  return model === null || (key !== null && !mayUse(key, model)) ? null : model;
}

/** As OpenAI says it: a model that the key may not use is one that does not exist, and its name is no hint either. */
export function unknownModel(loaded: Loaded, name: string, key: ApiKey | null = null): Problem {
  const usable = loaded.policy.models.filter((model) => key === null || mayUse(key, model));
  const close = nearest(name, usable.flatMap((model) => [model.name, ...model.aliases]));
  const hint = close === null ? "" : `; did you mean \`${close}\`?`;
  return problem(404, `the model \`${name.slice(0, 200)}\` does not exist${hint}`, { param: "model", code: "model_not_found" });
}

function wrongFact({ message, help, fact, source }: FactProblem): Problem {
  const param = source === null ? fact : source.from === "metadata" ? `metadata.${source.name}` : source.name;
  return badRequest(`${message}: ${help}`, param, "invalid_fact");
}

function callerFacts(caller: Caller): NonNullable<RequestFacts["caller"]> {
  const values: { -readonly [Name in keyof NonNullable<RequestFacts["caller"]>]: string } = {};
  for (const name of CALLER_FACTS) if (caller[name] !== undefined) values[name] = caller[name].value;
  return values;
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
