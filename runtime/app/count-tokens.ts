// `/v1/messages/count_tokens`: the gateway's own estimate, on the upper side, without asking a provider. Which provider
// will get the request is only decided when it comes, and their tokenizers differ by more than the estimate does.
import type { ApiKey } from "#contracts";
import { problemOf } from "../gateway/surfaces/checks.ts";
import { messages } from "../gateway/surfaces/messages/index.ts";
import { wrongToCount } from "../gateway/surfaces/messages/read.ts";
import { parseBody } from "../gateway/request/parse.ts";
import { modelFor, unknownModel } from "../gateway/request/read-request.ts";
import type { Loaded } from "../load.ts";
import type { Reply } from "./reply.ts";

export function countTokens(loaded: Loaded, key: ApiKey | null, body: Uint8Array): Reply {
  const parsed = parseBody(body);
  if (parsed.kind === "problem") return parsed;
  const wrong = wrongToCount(parsed.body);
  if (wrong !== null) return { kind: "problem", problem: problemOf(wrong) };
  const name = parsed.body["model"] as string;
  if (modelFor(loaded, key, name) === null) return { kind: "problem", problem: unknownModel(loaded, name, key) };
  return { kind: "json", body: { input_tokens: messages.facts(parsed.body).tokens } };
}
