// What a kind of provider is to the rest of the runtime: something that is opened once with its settings and then called.
import type { Provider } from "#contracts";
import type { Clock } from "../ports.ts";
import type { Protocol } from "../stream/part.ts";
import type { UpstreamStart } from "./upstream.ts";

/** Read and checked once, when the runtime starts. */
export type ProviderSettings = {
  readonly provider: Provider;
  /** Null for a provider that needs none. */
  readonly base: URL | null;
  readonly key: string | null;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
};

export type UpstreamProvider = {
  readonly needsBase: boolean;
  /** Protocols it takes and answers without translation. It takes chat in any case. */
  readonly speaks: readonly Protocol[];
  /**
   * What it makes of reasoning of earlier turns in chat (`reasoning_details`, `extra_content`): it takes what it knows and
   * leaves the rest; only a client that sends it to this very server knows; or it refuses the request.
   */
  readonly reasoning: TakesReasoning;
  open(settings: ProviderSettings, clock: Clock): OpenProvider;
};

export type TakesReasoning = "takes" | "client knows" | "refuses";

export type OpenProvider = {
  readonly start: UpstreamStart;
  /** Resolves when the calls under way are over and every connection is closed. */
  close(): Promise<void>;
};
