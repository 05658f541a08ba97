// What a model's author wrote about its limits, and where. A limit that nobody wrote is the runtime's own care.
import type { Span } from "#lang";
import type { Bound } from "../bind/index.ts";

export type Limit = "attempts" | "cost" | "wall";

/** The field as written, null where the model does not say it. */
export function limitOf(bound: Bound, model: string, limit: Limit): Span | null {
  const fields = bound.models.find((one) => one.id === model)?.node.fields ?? [];
  for (const { name, value } of fields) {
    if (name.kind !== "name" || name.text !== "limits" || value.kind !== "record") continue;
    return value.fields.find((field) => field.name.kind === "name" && field.name.text === limit)?.span ?? null;
  }
  return null;
}

/** `$0.25`, to the millionth where it needs that. */
export function moneyText(microdollars: number): string {
  const whole = Math.floor(microdollars / 1_000_000);
  const rest = String(microdollars % 1_000_000).padStart(6, "0").replace(/0{1,4}$/, "");
  return `$${whole}.${rest}`;
}

/** `90s`, `4m`, `1h`: the largest unit that says it exactly. */
export function durationText(milliseconds: number): string {
  for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const) {
    if (milliseconds > 0 && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
