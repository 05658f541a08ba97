// Every provider of a loaded bundle, opened once. A bundle that is swapped in opens its own; the old ones are closed
// when their last call is over.
import type { Clock } from "../ports.ts";
import type { Limiters } from "./limiter.ts";
import { failLater } from "./fail-later.ts";
import { untranslatable } from "./outcome.ts";
import type { OpenProvider, ProviderSettings } from "./provider.ts";
import { providers } from "./providers/index.ts";
import type { UpstreamCall, UpstreamStart } from "./upstream.ts";

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
      return call.unsaid === undefined ? provider.start(withoutHints(call), sink) : failLater(untranslatable(call.unsaid), sink);
    },
    async close() {
      await Promise.all([...open.values()].map((provider) => provider.close()));
    },
  };
}

/**
 * Who must have an effort made gets a target that can; Claude Code names one with every request and leaves it to the model
 * whether it thinks. A model that cannot would refuse the word.
 */
function withoutHints(call: UpstreamCall): UpstreamCall {
  const effort = call.body["reasoning_effort"];
  if (call.protocol !== "chat" || effort === undefined || effort === "none" || call.target.can.includes("reasoning")) return call;
  return { ...call, body: { ...call.body, reasoning_effort: undefined } };
}
