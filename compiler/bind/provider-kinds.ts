// What a kind of provider brings with it. A provider that says otherwise wins.
import type { ProviderKind, Target } from "#contracts";

export type ProviderKindDefaults = {
  /** Whether anyone is called at all. */
  readonly calls: boolean;
  /** Null: the policy must say. */
  readonly base: string | null;
  /**
   * How its targets are asked to go on from a partial answer. An instruction everywhere: it works with every API, while a
   * prefix that an endpoint does not understand is answered anew, or refused (Claude from 4.6 on does). A target that is
   * known to continue a trailing assistant message says `continues = prefix`.
   */
  readonly continues: Target["continues"];
};

export const PROVIDER_DEFAULTS: { readonly [kind in ProviderKind]: ProviderKindDefaults } = {
  openai: { calls: true, base: "https://api.openai.com/v1", continues: "instruction" },
  openai_compatible: { calls: true, base: null, continues: "instruction" },
  ollama: { calls: true, base: "http://127.0.0.1:11434/v1", continues: "instruction" },
  vllm: { calls: true, base: "http://127.0.0.1:8000/v1", continues: "instruction" },
  openrouter: { calls: true, base: "https://openrouter.ai/api/v1", continues: "instruction" },
  litellm: { calls: true, base: "http://127.0.0.1:4000/v1", continues: "instruction" },
  anthropic: { calls: true, base: "https://api.anthropic.com/v1", continues: "instruction" },
  gemini: { calls: true, base: "https://generativelanguage.googleapis.com/v1beta", continues: "instruction" },
  mock: { calls: false, base: null, continues: "instruction" },
};
