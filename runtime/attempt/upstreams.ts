// Every provider of a loaded bundle, opened once. A bundle that is swapped in opens its own; the old ones are closed
// when their last call is over.
import type { Clock } from "../ports.ts";
import type { Limiters } from "./limiter.ts";
import { failLater } from "./fail-later.ts";
import { untranslatable } from "./outcome.ts";
import type { OpenProvider, ProviderSettings } from "./provider.ts";
import { providers } from "./providers/index.ts";
import type { UpstreamStart } from "./upstream.ts";

export type Upstreams = {
  readonly start: UpstreamStart;
  /** Where places are given that several processes share; without it, here. */
  readonly limiters?: Limiters;
  /** Resolves when the calls under way are over and every connection is closed. */
  close(): Promise<void>;
};

/** `settings` as `resolveSettings` answered them; a call to a provider that is not among them is our own bug. */
export function openUpstreams(world: { readonly settings: ReadonlyMap<string, ProviderSettings>; readonly clock: Clock }): Upstreams {
  const open = new Map<string, OpenProvider>();
  for (const [id, settings] of world.settings) {
    open.set(id, providers[settings.provider.kind].open(settings, world.clock));
  }
  return {
    start(call, sink) {
      const provider = open.get(call.provider.id);
      if (provider === undefined) throw new Error(`provider ${call.provider.id} was not opened`);
      return call.unsaid === undefined ? provider.start(call, sink) : failLater(untranslatable(call.unsaid), sink);
    },
    async close() {
      await Promise.all([...open.values()].map((provider) => provider.close()));
    },
  };
}
