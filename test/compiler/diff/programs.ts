// Programs to compare, made without the compiler or with it.
import type { Policy, RequestFacts } from "#contracts";
import { compileText } from "../../support/compile.ts";
import { aBundle } from "../../support/policy.ts";
import { diff, heardBy, treatedRequest, sidesOf, type DiffOptions, type Program } from "../../../compiler/diff/index.ts";

export function programOf(policy: Policy): Program {
  return { bundle: aBundle(policy), label: "policy", folder: "", text: () => null };
}

export function programOfText(text: string): Program {
  const { bundle, diagnostics } = compileText(text);
  if (bundle === null) throw new Error(`the program has errors: ${diagnostics.map((one) => one.message).join("; ")}`);
  return { bundle, label: "policy.ward", folder: "", text: () => text };
}

export function diffOf(old: Policy, now: Policy, options: DiffOptions = {}): ReturnType<typeof diff> {
  return diff(programOf(old), programOf(now), options);
}

export function diffOfTexts(old: string, now: string, options: DiffOptions = {}): ReturnType<typeof diff> {
  return diff(programOfText(old), programOfText(now), options);
}

/** How the planner treats a request on either side, as text; the definition the regions are held to. */
export function treatments(old: Policy, now: Policy): (request: RequestFacts) => readonly [string, string] {
  const sides = sidesOf(programOf(old), programOf(now));
  return (request) => {
    const [left, right] = [sides.old, sides.now].map((side) => treatedRequest(side.compared, side.compared.modelNamed(request.model!)!, heardBy(side, request)).text);
    return [left!, right!];
  };
}
