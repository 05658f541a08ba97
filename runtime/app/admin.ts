// `/admin/bundles`: what is served, a swap, and the way back. A bundle that is refused changes nothing, and its answer says why.
import type { Context } from "hono";
import type { Bundles, Steering, Swapped } from "../gateway/bundles.ts";
import { problem, type Problem } from "../gateway/problem.ts";
import { load, type Loaded } from "../load.ts";
import type { Reply } from "./reply.ts";

export function servedBundles({ active, previous, canary, shadow }: Bundles): Reply {
  const named = (loaded: Loaded | null): object | null => (loaded === null ? null : { digest: loaded.digest, entry: loaded.bundle.about.entry });
  return { kind: "json", body: { active: named(active), previous: named(previous), canary: canary === null ? null : { ...named(canary.loaded), percent: canary.percent }, shadow: named(shadow) } };
}

export async function swapBundle(bundles: Bundles, steering: Steering, body: Uint8Array): Promise<Reply> {
  const result = load(textOf(body));
  if (result.ok) return swapped(await steering.swap(result.loaded));
  bundles.refuse();
  return { kind: "problem", problem: unfit([result.problem]) };
}

export async function rollBack(steering: Steering): Promise<Reply> {
  return swapped(await steering.rollback());
}

/**
 * A page of a browser can post to this machine without asking first; it cannot hide where it comes from. Nothing of ours
 * that administers the gateway is such a page.
 */
export function refusePage(c: Context): Reply | null {
  if (c.req.header("origin") === undefined && (c.req.header("sec-fetch-site") ?? "none") === "none") return null;
  return { kind: "problem", problem: problem(403, "the gateway is not administered from a web page", { type: "permission_error", code: "cross_origin" }) };
}

function swapped(result: Swapped): Reply {
  switch (result.kind) {
    case "swapped":
      return { kind: "json", body: { swapped: true, active: result.active, previous: result.previous } };
    case "same":
      return { kind: "json", body: { swapped: false, active: result.active } };
    case "refused":
      return { kind: "problem", problem: unfit(result.problems) };
    default:
      return result satisfies never;
  }
}

function unfit(problems: readonly { readonly message: string; readonly help: string }[]): Problem {
  return problem(422, `${problems.map(({ message, help }) => `${message} (${help})`).join("; ")}; the active bundle stays`, { code: "bundle_refused" });
}

/** What is not UTF-8 is no bundle, and `load` says so of the text that comes out. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
