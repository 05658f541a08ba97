// The program of a running gateway, read again: at a signal, or whenever one of its files changes. What cannot be served is
// told and changes nothing.
import type { Running, Swapped } from "#runtime";
import type { Io } from "./io.ts";
import { stampOf } from "./keys-file.ts";
import { oneInput } from "./inputs.ts";
import { givenFolders, lookedAt, readsAsBefore, type Looked } from "./looked.ts";
import { loaded } from "./program.ts";
import type { Arguments } from "./verb.ts";
import type { ServeLog } from "./serve-log.ts";
import { watching, WATCHING, type Pass } from "./watching.ts";

type Reloading = { readonly args: Arguments; readonly bundles: Pick<Running["bundles"], "active" | "swap" | "refuse">; readonly io: Io; readonly say: ServeLog["say"] };

/** What was told, "" where nothing has changed. `refused` names what cannot be served, null where it can. */
type Look = { readonly told: string; readonly refused: string | null };

/** Resolves when it was told; at once where nobody else must change over first. */
export function reload(reloading: Reloading): Promise<void> | null {
  const tell = (look: Look): void => reloading.say(levelOf(look), look.told);
  const look = lookAgain(reloading, lookedAt(), null);
  return look instanceof Promise ? look.then(tell) : (tell(look), null);
}

function levelOf({ refused }: Look): "info" | "warn" {
  return refused === null ? "info" : "warn";
}

/** What was refused `before` is not refused a second time: a log that is written into a folder that is watched would go on for ever. */
function lookAgain({ args, bundles, io }: Reloading, looked: Looked, before: Look | null): Look | Promise<Look> {
  let told = "";
  const err = (text: string): void => void (told += text);
  const program = loaded(args.given[0]!, args, { ...io, err }, looked);
  // Whether a program can be served depends on the keys too.
  const subject = program.ok ? `${program.value.digest} ${stampOfKeys(args, io)}` : told;
  if (before !== null && before.refused === subject) return before;
  const swapped = program.ok ? bundles.swap(program.value) : null;
  if (swapped === null) bundles.refuse();
  return swapped instanceof Promise ? swapped.then(tell) : tell(swapped);

  function tell(result: Swapped | null): Look {
    if (result?.kind === "same") return { told: "", refused: null };
    if (result?.kind === "refused") for (const { message, help } of result.problems) err(`ward: ${message}\nhelp: ${help}\n`);
    const isServed = result?.kind === "swapped";
    err(isServed ? `swapped: ${result.active} is served now, requests under way finish on ${result.previous}\n` : `not swapped: ${bundles.active.digest} is still served\n`);
    return { told, refused: isServed ? null : subject };
  }
}

/** Resolves when the process is asked to stop. */
export async function reloadOnChange(reloading: Reloading): Promise<void> {
  const { args, bundles, io, say } = reloading;
  let last: Look | null = null;
  let seen: { readonly input: string; readonly looked: Looked; readonly pass: Pass } | null = null;
  const err = (text: string): void => say(last === null || text === WATCHING ? "info" : levelOf(last), text);
  await watching(async () => {
    const input = inputNow(reloading);
    // A log that grows in a folder that is watched is no reason to compile.
    if (seen !== null && seen.input === input && readsAsBefore(seen.looked, io)) return seen.pass;
    const looked = lookedAt(givenFolders(args, io));
    const digest = bundles.active.digest;
    last = await lookAgain(reloading, looked, last);
    // What is refused for the same reason again is no news, and what is served again is none either.
    const basis = bundles.active.digest === digest && last.told !== "" ? last.told : bundles.active.digest;
    const pass = { exit: 0, out: "", err: last.told, basis, wrote: false, folders: [...looked.folders].sort() };
    seen = { input, looked, pass };
    return pass;
  }, { ...io, err });
}

/** What the command's PATH stands for now, its settings, and the keys it is served with: all that is not the program's own text. */
function inputNow({ args, io }: Reloading): string {
  const input = oneInput(args.given[0]!, args, io);
  const config = input.ok && input.value.kind === "entry" ? { ...input.value.config, levels: [...input.value.config.levels] } : null;
  return JSON.stringify([input, config, stampOfKeys(args, io)]);
}

function stampOfKeys(args: Arguments, io: Io): string {
  const file = args.text("keys");
  return file === undefined ? "" : stampOf(io.cwd, file);
}
