// The program of a running gateway, read again: at a signal, or whenever one of its files changes. What cannot be served is
// told and changes nothing.
import type { Running, Swapped } from "#runtime";
import type { Io } from "./io.ts";
import { givenFolders } from "./looked.ts";
import { loaded } from "./program.ts";
import type { Arguments } from "./verb.ts";
import { watching } from "./watching.ts";

type Reloading = { readonly args: Arguments; readonly bundles: Pick<Running["bundles"], "active" | "swap" | "refuse">; readonly io: Io };

/** Answers what was told, "" where nothing has changed; later where others must change over first. */
export function reload({ args, bundles, io }: Reloading, looked: Set<string> = new Set()): string | Promise<string> {
  let told = "";
  const err = (text: string): void => void (told += text);
  const program = loaded(args.given[0]!, args, { ...io, err }, looked);
  const swapped = program.ok ? bundles.swap(program.value) : null;
  if (swapped === null) bundles.refuse();
  return swapped instanceof Promise ? swapped.then(tell) : tell(swapped);

  function tell(result: Swapped | null): string {
    if (result?.kind === "same") return "";
    if (result?.kind === "refused") for (const { message, help } of result.problems) err(`ward: ${message}\nhelp: ${help}\n`);
    err(result?.kind === "swapped" ? `swapped: ${result.active} is served now, requests under way finish on ${result.previous}\n` : `not swapped: ${bundles.active.digest} is still served\n`);
    return told;
  }
}

/** Resolves when the process is asked to stop. */
export async function reloadOnChange(reloading: Reloading): Promise<void> {
  const { args, bundles, io } = reloading;
  await watching(async () => {
    const looked = new Set<string>(givenFolders(args, io));
    const digest = bundles.active.digest;
    const err = await reload(reloading, looked);
    // What is refused for the same reason again is no news, and what is served again is none either.
    const basis = bundles.active.digest === digest && err !== "" ? err : bundles.active.digest;
    return { exit: 0, out: "", err, basis, wrote: false, folders: [...looked].sort() };
  }, io);
}
