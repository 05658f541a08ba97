// The circuit breaker: after `failures` faults of a provider in a row, calls to that target are spared for `cooldown`;
// then one call probes, and its outcome closes the breaker or opens it again.
//
//   closed ──failures in a row──▶ open ──cooldown──▶ probing ──worked──▶ closed
//                                  ▲                    └────fault─────┘
//
// A spared call fails as the call that opened the breaker did, so that a step's `on` treats both alike: a cascade that
// moves on by `overloaded` still does when the overloaded provider is no longer asked.
import type { FailureClass, Provider, Target } from "#contracts";
import type { Clock } from "../ports.ts";
import { resting, UNTRANSLATABLE } from "./outcome.ts";
import type { Failure } from "./upstream.ts";

/** `unknown`: nothing can be said of the provider, as when the client hung up. */
export type Verdict = "worked" | "unknown" | Failure;

export type Admission =
  | { readonly kind: "admitted"; settle(verdict: Verdict): void }
  | { readonly kind: "refused"; readonly failure: Failure };

export type Breakers = { ask(provider: Provider, target: Target): Admission };

export function createBreakers(clock: Clock): Breakers {
  const breakers = new Map<string, Breaker>();
  return {
    ask(provider, target) {
      if (provider.breaker === null) return UNWATCHED;
      let breaker = breakers.get(target.id);
      if (breaker === undefined) breakers.set(target.id, (breaker = createBreaker(clock, provider.breaker)));
      return breaker();
    },
  };
}

type Breaker = () => Admission;

const UNWATCHED: Admission = { kind: "admitted", settle: () => {} };

function createBreaker(clock: Clock, limits: { readonly failures: number; readonly cooldown: number }): Breaker {
  let inARow = 0;
  let open: { readonly since: number; readonly by: FailureClass } | null = null;
  let probing = false;

  return () => {
    if (open === null) return { kind: "admitted", settle: (verdict) => settle(verdict, clock.elapsed()) };
    const left = open.since + limits.cooldown - clock.elapsed();
    if (left > 0 || probing) return { kind: "refused", failure: resting(open.by, Math.max(left, 0)) };
    probing = true;
    return {
      kind: "admitted",
      settle(verdict) {
        probing = false;
        settle(verdict, clock.elapsed());
      },
    };
  };

  function settle(verdict: Verdict, now: number): void {
    switch (blame(verdict)) {
      case "none":
        return;
      case "cleared":
        inARow = 0;
        open = null;
        return;
      case "fault":
        inARow += 1;
        // A call that was under way when the breaker opened adds nothing: the cooldown runs from the one that opened it.
        if (verdict === "worked" || verdict === "unknown") return;
        if (inARow >= limits.failures && (open === null || now >= open.since + limits.cooldown)) open = { since: now, by: verdict.class };
        return;
    }
  }
}

/** What an outcome says of the provider's health: a refused request was still answered; a refused key or a used-up quota says neither. */
function blame(verdict: Verdict): "fault" | "cleared" | "none" {
  if (verdict === "worked") return "cleared";
  if (verdict === "unknown") return "none";
  switch (verdict.class) {
    case "overloaded":
    case "timeout":
    case "unavailable":
    case "malformed":
    case "truncated":
      return "fault";
    case "bad_request":
      return verdict.code === UNTRANSLATABLE ? "none" : "cleared";
    case "context_exceeded":
    case "refused":
      return "cleared";
    case "rate_limit":
    case "auth":
      return "none";
    default:
      return verdict.class satisfies never;
  }
}
