// Money, time and counts as people write them.

/** Millionths of a dollar; never rounded. */
export function dollars(micro: number): string {
  const [whole, part] = (micro / 1_000_000).toFixed(6).split(".") as [string, string];
  return `$${whole}.${part.replace(/0{1,4}$/, "")}`;
}

export function milliseconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 60_000) return `${trim(ms / 1000)}s`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${Math.floor(ms / 60_000)}m ${trim((ms % 60_000) / 1000)}s`;
}

export function plural(count: number, noun: string, several = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : several}`;
}

type Value = { readonly value: number | null };

/** The worst case of a model in one line; a cost is unknown where a target on the way declares no price. */
export function worstText({ attempts, cost, wall }: { readonly attempts: Value; readonly cost: Value; readonly wall: Value }): string {
  return [
    plural(attempts.value ?? Infinity, "attempt"),
    cost.value === null ? "cost unknown (a target declares no price)" : dollars(cost.value),
    milliseconds(wall.value ?? Infinity),
  ].join(", ");
}

function trim(seconds: number): string {
  return String(Math.round(seconds * 10) / 10);
}
