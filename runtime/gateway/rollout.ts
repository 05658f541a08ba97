// Which bundle answers a request, where a second one has a share of them, and what a bundle that only plans would do.
//
//   request ─▶ read by the active bundle ─▶ the canary's share?  ─▶ read by the canary
//                                              └▶ planned by the shadow as well: same or different
//
// True of a canary: a session stays where it is for as long as the canary and its share do, and a larger share only adds
// sessions. What has no session is drawn by its own id, and so is what the active bundle cannot read.
import { canonical, type Json, type Receipt, type Rollout } from "#contracts";
import type { Loaded } from "../load.ts";
import { chance } from "../plan/draw.ts";
import { answerText, decide, named, type DrawKeys, type Plan } from "../plan/index.ts";
import type { Bundles, Use } from "./bundles.ts";
import type { Incoming } from "./client.ts";
import { governed } from "./request/governed.ts";
import { readRequest, type ReadRequest } from "./request/read-request.ts";
import type { Surface } from "./surface.ts";

export type Arriving = { readonly surface: Surface; readonly incoming: Incoming; readonly requestId: string };

export type Entered = { readonly use: Use; readonly read: ReadRequest; readonly keys: DrawKeys; readonly rollout: Rollout | null };

/** Whoever entered must leave. */
export function enterRequest(bundles: Bundles, { surface, incoming, requestId }: Arriving): Entered {
  const { canary, shadow } = bundles;
  const readBy = (loaded: Loaded): ReadRequest => bundles.shared.unnamed.name(readRequest(loaded, surface, incoming), surface, incoming);
  const first = readBy(bundles.active);
  const taken = canary !== null && chance(["canary", canary.loaded.digest, sessionOf(first) ?? requestId]) * 100 < canary.percent;
  const read = taken ? readBy(canary.loaded) : first;
  const keys = { request: requestId, session: sessionOf(read) };
  const rollout: Rollout | null =
    canary === null && shadow === null
      ? null
      : {
          canary: canary === null ? null : { bundle: canary.loaded.digest, percent: canary.percent, taken },
          shadow: shadow === null || read.kind === "problem" ? null : shadowed(shadow, { surface, loaded: taken ? canary.loaded : bundles.active, read, keys }, readRequest(shadow, surface, incoming)),
        };
  return { use: bundles.enter(taken ? "canary" : "active"), read, keys, rollout };
}

function sessionOf(read: ReadRequest): string | null {
  return read.kind === "problem" ? null : (read.caller["session"]?.value ?? null);
}

type Answering = { readonly surface: Surface; readonly loaded: Loaded; readonly read: Extract<ReadRequest, { readonly kind: "request" }>; readonly keys: DrawKeys };

function shadowed(shadow: Loaded, { surface, loaded, read, keys }: Answering, other: ReadRequest): NonNullable<Receipt["rollout"]>["shadow"] {
  const bundle = shadow.digest;
  // Its code alone: a message may have words of the request.
  if (other.kind === "problem") return { bundle, same: false, decision: null, problem: other.problem.code ?? other.problem.type };
  const { plan: mine } = governed(loaded, surface, { read, keys });
  const { plan: its } = governed(shadow, surface, { read: other, keys });
  const same = answerText(mine) === answerText(its) && namesOf(loaded, mine) === namesOf(shadow, its);
  return { bundle, same, decision: same ? null : decide(its), problem: null };
}

/** What the ids of a plan stand for: a target of the same name may be another model today. */
function namesOf(loaded: Loaded, { attempts, rules }: Plan): string {
  const targets = attempts.map(({ target }) => textOf(target) + textOf(named(loaded.providers, target.provider)));
  return [...targets, ...rules.map((id) => textOf(named(loaded.rules, id)))].join("\n");
}

const texts = new WeakMap<object, string>();

function textOf(value: object): string {
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = canonical(value as unknown as Json)));
  return text;
}
