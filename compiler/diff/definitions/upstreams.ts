// Providers and targets: what a plan names, and a plan's text does not hold. Where they stand and what fits them is in the
// regions, which know whether it makes a difference to anybody.
import type { DifferingDefinition, Provider, Setting, Target } from "#contracts";
import { dollars, milliseconds } from "../../cli/quantity.ts";
import type { Sides } from "../pairs.ts";
import { list } from "../severity.ts";
import { alike } from "../side.ts";
import { arrow, entries, joined, renamed, type Found } from "./entry.ts";

export function upstreamChanges(sides: Sides): readonly DifferingDefinition[] {
  const { old, now } = sides;
  return [
    ...joined(old.served.providers, now.served.providers).flatMap(([id, was, is]) => (was === undefined || is === undefined ? [] : entries(sides, { kind: "provider", id }, provider(was, is)))),
    ...joined(old.served.targets, now.served.targets).flatMap(([id, was, is]) => (was === undefined || is === undefined ? [] : entries(sides, { kind: "target", id }, target(was, is)))),
  ];
}

function provider(was: Provider, is: Provider): readonly Found[] {
  const found: Found[] = [...renamed(was, is)];
  const say = (severity: Found["severity"], change: string): void => void found.push({ severity, change });
  if (was.kind !== is.kind) say("routing", arrow("kind", was.kind, is.kind));
  if (!alike(was.base, is.base)) say("routing", arrow("base", setting(was.base), setting(is.base)));
  if (!alike(was.headers, is.headers)) say("routing", "sends other headers");
  // A key may stand in the policy of a mock or a test; it is never printed.
  if (!alike(was.key, is.key)) say("reliability", "its key is taken from elsewhere");
  for (const by of ["zone", "region"] as const) if (was[by] !== is[by]) say("cosmetic", arrow(by, was[by] ?? "none", is[by] ?? "none"));
  for (const name of ["connect", "first_token", "idle", "total"] as const) {
    if (was.timeout[name] !== is.timeout[name]) say("reliability", arrow(`timeout.${name}`, milliseconds(was.timeout[name]), milliseconds(is.timeout[name])));
  }
  if (!alike(was.breaker, is.breaker)) say("reliability", arrow("breaker", breaker(was), breaker(is)));
  if (was.limit.concurrency !== is.limit.concurrency) say("reliability", arrow("limit.concurrency", String(was.limit.concurrency ?? "none"), String(is.limit.concurrency ?? "none")));
  return found;
}

function target(was: Target, is: Target): readonly Found[] {
  const found: Found[] = [...renamed(was, is)];
  const say = (severity: Found["severity"], change: string): void => void found.push({ severity, change });
  if (was.provider !== is.provider) say("routing", arrow("provider", list([was.provider]), list([is.provider])));
  if (was.model !== is.model) say("routing", arrow("asks for", JSON.stringify(was.model), JSON.stringify(is.model)));
  if (!alike(was.params, is.params)) say("routing", arrow("params", JSON.stringify(was.params), JSON.stringify(is.params)));
  if (!alike(was.replies, is.replies)) say("routing", "its script is another");
  if (was.continues !== is.continues) say("reliability", arrow("continues", was.continues, is.continues));
  if (!alike(was.price, is.price)) say("cost", arrow("price", price(was), price(is)));
  if (was.context !== is.context) say("cosmetic", arrow("context", String(was.context), String(is.context)));
  if (was.output !== is.output) say("cosmetic", arrow("output", String(was.output ?? "not declared"), String(is.output ?? "not declared")));
  if (!alike(was.can, is.can)) say("cosmetic", arrow("can", `[${was.can.join(", ")}]`, `[${is.can.join(", ")}]`));
  return found;
}

function setting(value: Setting | null): string {
  if (value === null) return "none";
  return value.from === "literal" ? JSON.stringify(value.value) : `env(${value.variable}${value.fallback === null ? "" : `, ${JSON.stringify(value.fallback)}`})`;
}

function breaker({ breaker: value }: Provider): string {
  return value === null ? "none" : `${value.failures} failures, ${milliseconds(value.cooldown)}`;
}

function price({ price: value }: Target): string {
  return value === null ? "not declared" : value.input + value.output === 0 ? "free" : `${dollars(value.input)}/${dollars(value.output)}`;
}
