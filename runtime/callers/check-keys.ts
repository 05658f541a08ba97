// In: a keys file and the policy it is to serve under. Out: what keeps it from being used, and what its operator should
// know. True without problems: every claim of a declared fact has the fact's type, and every limit can be kept.
import type { ApiKey, KeysFile, Model } from "#contracts";
import type { Loaded } from "../load.ts";
import { CALLER_FACTS, nearest, wrongClaim } from "../plan/index.ts";
import { hasCostBudget, names } from "./bounds.ts";

/** `notes` are harmless: they say what grants or means nothing under this policy. */
export type KeyFindings = { readonly problems: readonly Finding[]; readonly notes: readonly Finding[] };
export type Finding = { readonly message: string; readonly help: string };

export function checkKeys(loaded: Loaded, { keys }: KeysFile): KeyFindings {
  const live = keys.filter((key) => key.revoked === null);
  const problems = [...twins(keys), ...live.flatMap((key) => [...wrongClaims(loaded, key), ...wrongLimits(loaded, key)])];
  return { problems, notes: live.flatMap((key) => notesOf(loaded, key)) };
}

function twins(keys: readonly ApiKey[]): readonly Finding[] {
  return (["id", "hash"] as const).flatMap((field) => {
    const seen = new Set<string>();
    return keys.filter((key) => seen.size === seen.add(key[field]).size).map((key) => ({ message: `two keys have the ${field} of \`${key.id}\``, help: "take one of them out, or make another with `ward keys make`" }));
  });
}

const LONGEST = 256;

function wrongClaims({ facts }: Loaded, key: ApiKey): readonly Finding[] {
  const found: Finding[] = [];
  for (const name of CALLER_FACTS) {
    const value = Object.hasOwn(key.claims, name) ? key.claims[name] : undefined;
    if (value === undefined || (typeof value === "string" && value.trim() !== "" && value.length <= LONGEST)) continue;
    found.push({ message: `the claim \`${name}\` of \`${key.id}\` does not name a caller`, help: `it must be a text of 1 to ${LONGEST} characters` });
  }
  for (const fact of facts.values()) {
    if (fact.source.from !== "key" || !Object.hasOwn(key.claims, fact.source.name)) continue;
    const wrong = wrongClaim(fact, key.claims[fact.source.name]!);
    if (wrong !== null) found.push({ message: `${wrong.message}, as the key \`${key.id}\` claims`, help: wrong.help });
  }
  return found;
}

function wrongLimits({ policy }: Loaded, key: ApiKey): readonly Finding[] {
  const unknown = Object.keys(key.model_limits).filter((name) => !policy.models.some((model) => names(model, name)));
  const found = unknown.map((name) => ({ message: `\`${key.id}\` has limits on \`${name}\`, which is no model of this policy`, help: suggestion(name, publicNames(policy.models)) }));
  // A budget in dollars is only kept where every dollar is known.
  const priceless = hasCostBudget(key) ? policy.targets.find((target) => target.price === null) : undefined;
  if (priceless === undefined) return found;
  return [...found, { message: `\`${key.id}\` has a budget in dollars, and the target \`${priceless.name}\` declares no price`, help: "give the target its `price` (`free` is one), or the key a budget in tokens" }];
}

function notesOf({ policy, facts }: Loaded, key: ApiKey): readonly Finding[] {
  const models = (key.models ?? []).filter((name) => !policy.models.some((model) => names(model, name)));
  const claims = [...new Set([...CALLER_FACTS, ...[...facts.values()].flatMap((fact) => (fact.source.from === "key" ? [fact.source.name] : []))])];
  return [
    ...models.map((name) => ({ message: `\`${key.id}\` may use \`${name}\`, which is no model of this policy`, help: suggestion(name, publicNames(policy.models)) })),
    ...Object.keys(key.claims).filter((name) => !claims.includes(name)).map((name) => ({ message: `the claim \`${name}\` of \`${key.id}\` is no fact of this policy`, help: suggestion(name, claims) })),
  ];
}

function publicNames(models: readonly Model[]): readonly string[] {
  return models.flatMap((model) => [model.name, ...model.aliases]);
}

function suggestion(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close === null ? `known are ${known.map((one) => `\`${one}\``).join(", ")}` : `did you mean \`${close}\`?`;
}
