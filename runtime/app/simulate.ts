// Plans a request without calling a provider; writes nothing. In: a request as facts, or a chat body as clients send it.
// Out: the decision, as `ward eval` prints it.
import { RequestFacts, type ApiKey } from "#contracts";
import { mayUse } from "../callers/index.ts";
import { chat } from "../gateway/surfaces/chat/index.ts";
import type { Incoming } from "../gateway/client.ts";
import { governed } from "../gateway/request/governed.ts";
import { parseBody } from "../gateway/request/parse.ts";
import { badRequest } from "../gateway/problem.ts";
import { modelFor, readRequest, unknownModel } from "../gateway/request/read-request.ts";
import type { Unnamed } from "../gateway/request/unnamed.ts";
import type { Loaded } from "../load.ts";
import { decide, factsOf, plan, type DrawKeys } from "../plan/index.ts";
import type { Reply } from "./reply.ts";

export function simulate(loaded: Loaded, incoming: Incoming, unnamed: Unnamed): Reply {
  const parsed = parseBody(incoming.body);
  if (parsed.kind === "problem") return parsed;
  return parsed.body["messages"] === undefined ? simulateFacts(loaded, incoming.key, parsed.body) : simulateChat(loaded, incoming, unnamed);
}

function simulateChat(loaded: Loaded, incoming: Incoming, unnamed: Unnamed): Reply {
  const read = unnamed.name(readRequest(loaded, chat, incoming), chat, incoming);
  if (read.kind === "problem") return read;
  const session = read.caller["session"]?.value ?? null;
  return { kind: "json", body: decide(governed(loaded, chat, { read, keys: keysOf(session) }).plan) };
}

/**
 * Facts are taken as they are said, those a key would claim too: nothing is done with the answer. They are those of the
 * request as it would be sent, with all that rules on it add.
 */
function simulateFacts(loaded: Loaded, key: ApiKey | null, body: unknown): Reply {
  const checked = RequestFacts.safeParse(body);
  if (!checked.success) {
    const [first] = checked.error.issues;
    const where = first?.path.join(".") ?? "";
    return { kind: "problem", problem: badRequest(`${where === "" ? "the request" : `\`${where}\``}: ${first?.message ?? "is wrong"}`, where === "" ? null : where, "invalid_fact") };
  }
  const request = checked.data as RequestFacts;
  const models = loaded.policy.models.filter((model) => key === null || mayUse(key, model));
  const model = request.model === undefined ? (models.length === 1 ? models[0]! : null) : modelFor(loaded, key, request.model);
  if (model === null) {
    if (request.model !== undefined) return { kind: "problem", problem: unknownModel(loaded, request.model, key) };
    return { kind: "problem", problem: badRequest("`model` is needed: there are several", "model") };
  }
  const facts = factsOf(loaded, request);
  if (!facts.ok) return { kind: "problem", problem: badRequest(`${facts.problem.message}: ${facts.problem.help}`, facts.problem.fact, "invalid_fact") };
  const session = request.caller?.session ?? null;
  return { kind: "json", body: decide(plan(loaded, model, facts.facts, { keys: keysOf(session) })) };
}

/** A live draw that no session keeps is keyed by the request's own id, which a request that is only simulated does not have. */
function keysOf(session: string | null): DrawKeys {
  return { request: null, session };
}
