// Every kind of provider. Adding one is a file beside this and a line here.
import type { ProviderKind } from "#contracts";
import type { Protocol } from "../../stream/part.ts";
import type { TakesReasoning, UpstreamProvider } from "../provider.ts";
import { anthropic } from "./anthropic.ts";
import { gemini } from "./gemini.ts";
import { litellm } from "./litellm.ts";
import { mock } from "./mock.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import { openrouter } from "./openrouter.ts";
import { vllm } from "./vllm.ts";

export const providers: { readonly [kind in ProviderKind]: UpstreamProvider } = {
  openai,
  openai_compatible: openaiCompatible,
  ollama,
  vllm,
  openrouter,
  litellm,
  anthropic,
  gemini,
  mock,
};

/** The protocols a kind of provider takes without translation. */
export function speaks(kind: ProviderKind): readonly Protocol[] {
  return providers[kind].speaks;
}

export function takesReasoning(kind: ProviderKind): TakesReasoning {
  return providers[kind].reasoning;
}
