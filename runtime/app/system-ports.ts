// The machine's own clock, chance and environment, and how upstreams are opened with them.
import { hash, randomFillSync } from "node:crypto";
import { openUpstreams, resolveSettings } from "../attempt/index.ts";
import type { Open } from "../gateway/bundles.ts";
import type { Ports, Secrets } from "../ports.ts";
import { systemClock } from "../system-clock.ts";

export function systemPorts(secrets: Secrets = (variable) => process.env[variable]): Ports {
  return {
    clock: systemClock,
    chance: { next: Math.random, id: ids() },
    secrets,
  };
}

/** Opens a bundle's own upstreams, or says all that its environment lacks. */
export function upstreamsWith({ clock, secrets }: Pick<Ports, "clock" | "secrets">): Open {
  return (loaded) => {
    const settings = resolveSettings(loaded.policy, secrets);
    return settings.ok ? { ok: true, upstreams: openUpstreams({ settings: settings.providers, clock }) } : settings;
  };
}

export function digestOf(text: string): string {
  return hash("sha256", text);
}

/** 128 random bits an id, drawn from the system many at a time: one draw costs as much as a hundred. */
function ids(): () => string {
  const SIZE = 16;
  const pool = Buffer.alloc(SIZE * 256);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    return pool.toString("base64url", at, (at += SIZE));
  };
}
