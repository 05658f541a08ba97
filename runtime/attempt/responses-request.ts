// A responses request as its provider gets it: the client's own body over the target's defaults, which are written in
// chat's words and taken into this protocol's; one that has no word here is left out, for the server refuses it.
import type { Json } from "#contracts";
import { isObject } from "./chat-request.ts";
import type { UpstreamCall } from "./upstream.ts";

export function asResponses({ target, body, stream }: UpstreamCall): { readonly [key: string]: Json | undefined } {
  const { params } = target;
  const defaults: { [key: string]: Json | undefined } = {};
  for (const name of SAME) if (params[name] !== undefined) defaults[name] = params[name];
  const limit = params["max_completion_tokens"] ?? params["max_tokens"];
  if (limit !== undefined) defaults["max_output_tokens"] = limit;
  const effort = params["reasoning_effort"];
  const reasoning = isObject(body["reasoning"]) ? body["reasoning"] : {};
  if (effort !== undefined && reasoning["effort"] === undefined) defaults["reasoning"] = { ...reasoning, effort };
  return { ...defaults, ...body, ...(defaults["reasoning"] === undefined ? {} : { reasoning: defaults["reasoning"] }), model: target.model, stream: stream ? true : undefined };
}

const SAME = ["temperature", "top_p", "parallel_tool_calls", "service_tier", "metadata", "store", "user", "safety_identifier", "prompt_cache_key", "max_output_tokens", "truncation", "text"] as const;
