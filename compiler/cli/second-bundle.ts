// `--canary BUNDLE --percent N` and `--shadow BUNDLE`: a bundle beside the one that is served. Both are read once, at the start.
import type { Loaded, ServeOptions } from "#runtime";
import { complain, type Io } from "./io.ts";
import { loaded } from "./program.ts";
import type { Arguments, Flag } from "./verb.ts";

export const CANARY: Flag = { value: "BUNDLE|ENTRY", about: "a second policy that answers `--percent` of the requests; a session stays with one of the two" };
export const PERCENT: Flag = { value: "N", about: "the canary's share of the requests: 1 to 100" };
export const SHADOW: Flag = { value: "BUNDLE|ENTRY", about: "a second policy that plans every request and answers none; receipts and metrics say whether it would do the same" };

export type Beside = Pick<ServeOptions, "canary" | "shadow">;

/** What is wrong has been printed; `exit` is the code that goes with it. */
export function secondBundles(args: Arguments, io: Io): { readonly ok: true; readonly value: Beside } | { readonly ok: false; readonly exit: number } {
  const [path, percent] = [args.text("canary"), args.text("percent")];
  if ((path === undefined) !== (percent === undefined)) {
    return refuse(path === undefined ? "`--percent` is the share of a canary, and there is none" : "`--canary` needs its share of the requests", "give both: `--canary BUNDLE --percent 5`", io);
  }
  const share = Number(percent ?? 1);
  if (!/^\d{1,3}$/.test(percent ?? "1") || share < 1 || share > 100) return refuse(`\`--percent\` cannot be \`${percent}\``, "it is a whole number from 1 to 100", io);
  const canary = path === undefined ? null : loaded(path, args, io);
  if (canary !== null && !canary.ok) return canary;
  const shadowPath = args.text("shadow");
  const shadow = shadowPath === undefined ? null : loaded(shadowPath, args, io);
  if (shadow !== null && !shadow.ok) return shadow;
  return { ok: true, value: { ...(canary === null ? {} : { canary: { loaded: canary.value, percent: share } }), ...(shadow === null ? {} : { shadow: shadow.value }) } };
}

export function besideRows({ canary, shadow }: Beside): readonly (readonly [string, string])[] {
  const row = (name: string, { digest }: Loaded, more = ""): readonly [string, string] => [name, `${digest}${more}`];
  return [...(canary === undefined ? [] : [row("canary", canary.loaded, `: ${canary.percent}% of the requests`)]), ...(shadow === undefined ? [] : [row("shadow", shadow)])];
}

function refuse(message: string, help: string, io: Io): { readonly ok: false; readonly exit: number } {
  return { ok: false, exit: complain(io, { message, help }) };
}
