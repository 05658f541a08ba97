// Money and time as people write them.

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

function trim(seconds: number): string {
  return String(Math.round(seconds * 10) / 10);
}
