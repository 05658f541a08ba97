// One writer per directory. The lock is a file that names its holder; a holder that no longer runs holds nothing.
import { randomUUID } from "node:crypto";
import { link, open, readFile, stat, unlink } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { StoreError } from "../store.ts";

export type Lock = { release(): Promise<void> };

export async function lock(folder: string): Promise<Lock> {
  const path = join(folder, "lock");
  const mine = `${JSON.stringify({ pid: process.pid, host: hostname(), started: statOf(process.pid)?.started ?? null, nonce: randomUUID() })}\n`;
  for (let tries = 0; tries < 5; tries++) {
    if (await create(path, mine)) return { release: () => release(path, mine) };
    const theirs = await textOf(path);
    if (theirs === null) continue; // let go of between our two looks
    if (runs(theirs)) throw lockedBy(folder, theirs);
    await takeAway(path, theirs);
  }
  throw new StoreError("locked", `the receipts in ${folder} are being opened by several writers at once`, "try again");
}

async function create(path: string, text: string): Promise<boolean> {
  // Written under another name and linked into place, so that a lock is never seen half written.
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, "wx");
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
    return true;
  } catch (problem) {
    if (codeOf(problem) !== "EEXIST") throw problem;
    return false;
  } finally {
    await unlink(draft);
  }
}

/**
 * Removes a dead holder's lock. Several of us may try at once, and one that is late may have a live lock before it: so a
 * second name is taken first, which one alone can have, and what stands under it is what stood in the lock's place. While
 * it is a dead holder's, nobody but who has that name takes it away.
 */
async function takeAway(path: string, judged: string): Promise<void> {
  const claim = `${path}.claim`;
  try {
    await link(path, claim);
  } catch (problem) {
    if (codeOf(problem) === "ENOENT") return;
    if (codeOf(problem) !== "EEXIST") throw problem;
    return giveWay(claim);
  }
  try {
    if ((await textOf(claim)) === judged) await unlink(path);
  } finally {
    await unlink(claim).catch(() => undefined);
  }
}

/** Another one is at it, for a moment; one that was killed in that moment is no longer. */
async function giveWay(claim: string): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, 20));
  const since = await stat(claim).then(({ ctimeMs }) => ctimeMs, () => null);
  if (since !== null && Date.now() - since > ABANDONED) await unlink(claim).catch(() => undefined);
}

const ABANDONED = 10_000;

async function release(path: string, mine: string): Promise<void> {
  if ((await textOf(path)) === mine) await unlink(path);
}

type Holder = { readonly pid: number; readonly host: string; readonly started: string | null };

function runs(text: string): boolean {
  const holder = holderOf(text);
  if (holder === null) return false; // never written whole: no writer of ours holds it
  if (holder.host !== hostname()) return true; // cannot be seen from here, so it is believed
  try {
    process.kill(holder.pid, 0);
  } catch (problem) {
    if (codeOf(problem) === "ESRCH") return false;
  }
  const now = statOf(holder.pid);
  // One that was killed and whose parent has not asked how it ended still has its number, and does nothing.
  if (now !== null && (now.state === "Z" || now.state === "X")) return false;
  // The same number may be another process by now: in a container every gateway is process 1.
  return holder.started === null || holder.started === (now?.started ?? null);
}

function lockedBy(folder: string, text: string): StoreError {
  const holder = holderOf(text);
  const who = holder === null ? "another process" : `process ${holder.pid} on ${holder.host}`;
  return new StoreError(
    "locked",
    `the receipts in ${folder} are being written by ${who}`,
    `stop that process, or give this one a store of its own with --store file:PATH; if it no longer runs, delete ${join(folder, "lock")}`,
  );
}

function holderOf(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return typeof value.pid === "number" && typeof value.host === "string" ? { pid: value.pid, host: value.host, started: value.started ?? null } : null;
  } catch {
    return null;
  }
}

/** How a process is, by its kernel's letter, and when it began, in ticks since boot; null where the system does not tell. */
function statOf(pid: number): { readonly state: string; readonly started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold spaces; the first field after it is the state, the 20th the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", started: fields[19] ?? "" };
  } catch {
    return null;
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (problem) {
    if (codeOf(problem) === "ENOENT") return null;
    throw problem;
  }
}

function codeOf(problem: unknown): string | null {
  return problem instanceof Error && "code" in problem ? String(problem.code) : null;
}
