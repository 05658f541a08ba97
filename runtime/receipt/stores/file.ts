// Receipts in a folder: append-only segments, an index in memory, one writer.
//
//   append ─▶ waiting ─▶ one write and sync for all that wait ─▶ index ─▶ resolve
//
// From here on: a receipt whose append resolved is on the disk; a rejected one may or may not be; nothing on the disk
// is ever written over. What a crash leaves behind is mended or told when the folder is opened again.
import { constants } from "node:fs";
import { open, mkdir, readdir, stat, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Receipt } from "#contracts";
import { StoreError, type Found, type OwnStore } from "../store.ts";
import { createCatalog, type Catalog } from "./catalog.ts";
import { lock, type Lock } from "./lock.ts";
import { decodeLine, encodeLine, scan } from "./segment.ts";

/** Where in the folder a receipt is; `length` counts its line break. */
export type Place = { readonly segment: number; readonly offset: number; readonly length: number };

export type FileStoreOptions = {
  readonly folder: string;
  /** `read` takes no lock and changes nothing: it sees what was there when it was opened. */
  readonly access: "write" | "read";
  /** Hears why receipts cannot be written, once, and null when they are again. */
  readonly told?: (why: string | null) => void;
  /** A new segment begins where this one would grow past so many bytes. */
  readonly segmentBytes?: number;
};

/** `notes` say what was found wrong and what was done about it, a line each; empty where all was well. */
export type OpenedFileStore = { readonly store: OwnStore; readonly notes: readonly string[] };

export async function openFileStore({ folder, access, told = () => undefined, segmentBytes = 64 << 20 }: FileStoreOptions): Promise<OpenedFileStore> {
  let held: Lock | null = null;
  try {
    if (access === "write") {
      await makeFolder(resolve(folder));
      held = await lock(folder);
    }
    const catalog = createCatalog<Place>();
    const { notes, last } = await recover(folder, access, catalog);
    const append = held === null ? refuseToAppend : createAppender({ folder, segmentBytes, catalog, last, told });
    return { store: createStore({ folder, catalog, append, held }), notes };
  } catch (problem) {
    await held?.release();
    throw isOfSystem(problem) ? new StoreError("unusable", `the store in ${folder} cannot be opened: ${problem.message}`, `make \`${folder}\` a folder this user may ${access === "write" ? "write to" : "read"}, or choose another with --store file:PATH`) : problem;
  }
}

// ── the store ────────────────────────────────────────────────────────────────────────────────────────────────

type Appender = { append(receipt: Found, text: string): Promise<void>; close(): Promise<void> };

const refuseToAppend: Appender = {
  append: () => Promise.reject(new StoreError("read_only", "this store was opened for reading")),
  close: () => Promise.resolve(),
};

function createStore({ folder, catalog, append, held }: { folder: string; catalog: Catalog<Place>; append: Appender; held: Lock | null }): OwnStore {
  let closing: Promise<void> | null = null;
  return {
    append: (receipt) => appendText(receipt, JSON.stringify(receipt)),
    appendText,
    async get(id) {
      const entry = catalog.get(id);
      return entry === null ? null : (await readAll(folder, [entry.place]))[0]!;
    },
    async list(query) {
      const page = catalog.page(query);
      if (page === null) throw new StoreError("bad_cursor", "the cursor is not one this store gave out");
      return { receipts: await readAll(folder, page.entries.map((entry) => entry.place)), next: page.next };
    },
    close() {
      closing ??= append.close().finally(() => held?.release());
      return closing;
    },
  };

  function appendText(receipt: Found, text: string): Promise<void> {
    if (closing !== null) return Promise.reject(new StoreError("closed", "the store is closed"));
    return append.append(receipt, text);
  }
}

async function readAll(folder: string, places: readonly Place[]): Promise<readonly Receipt[]> {
  const files = new Map<number, FileHandle>();
  try {
    const receipts: Receipt[] = [];
    for (const place of places) {
      const file = files.get(place.segment) ?? (await open(join(folder, segmentName(place.segment)), "r"));
      files.set(place.segment, file);
      const line = Buffer.allocUnsafe(place.length - 1);
      const { bytesRead } = await file.read(line, 0, line.length, place.offset);
      const receipt = bytesRead === line.length ? decodeLine(line) : null;
      if (receipt === null) throw damaged(place);
      receipts.push(receipt);
    }
    return receipts;
  } finally {
    for (const file of files.values()) await file.close();
  }
}

function damaged(place: Place): StoreError {
  return new StoreError("damaged", `${segmentName(place.segment)} was changed after it was written (at byte ${place.offset}, ${place.length} bytes)`);
}

// ── group commit ─────────────────────────────────────────────────────────────────────────────────────────────

type Open = { readonly segment: number; readonly file: FileHandle; size: number };
type Waiting = { readonly receipt: Found; readonly line: Buffer; readonly done: () => void; readonly failed: (problem: StoreError) => void };

/** The most one write carries: what waits longer than it must costs latency, and a failed write fails all it carries. */
const BATCH_BYTES = 4 << 20;

function createAppender({ folder, segmentBytes, catalog, last, told }: { folder: string; segmentBytes: number; catalog: Catalog<Place>; last: Last; told: (why: string | null) => void }): Appender {
  const waiting: Waiting[] = [];
  const underWay = new Set<string>();
  let writing: Promise<void> | null = null;
  let current: Open | null = null;
  let failing = false;
  let next = last; // the segment to go on with where none is open

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      try {
        await commit(batch.map((one) => one.line));
      } catch (problem) {
        const reason = new StoreError("not_written", `a receipt could not be written: ${messageOf(problem)}`);
        for (const one of batch) one.failed(reason);
        if (!failing) told(messageOf(problem));
        failing = true;
        continue;
      } finally {
        for (const one of batch) underWay.delete(one.receipt.id);
      }
      if (failing) told(null);
      failing = false;
      let offset = current!.size;
      for (const one of batch) {
        const place = { segment: current!.segment, offset, length: one.line.length };
        catalog.add(one.receipt, positionOf(place), place);
        offset += place.length;
        one.done();
      }
      current!.size = offset;
      if (batch.length > 1) await company();
    }
    writing = null;
  }

  async function commit(lines: readonly Buffer[]): Promise<void> {
    const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines);
    current ??= await openSegment(folder, next);
    if (current.size > 0 && current.size + bytes.length > segmentBytes) {
      await seal(current);
      current = await openSegment(folder, next);
    }
    const at = current;
    try {
      for (let sent = 0; sent < bytes.length; ) sent += (await at.file.write(bytes, sent, bytes.length - sent, at.size + sent)).bytesWritten;
      if (SYNCED === 0) await at.file.datasync();
    } catch (problem) {
      // After a failed sync nobody knows what of it reached the disk, and syncing again would lie. So what it wrote is
      // taken off and the segment left for good; an empty one goes, or a full disk would fill with empty segments.
      await at.file.truncate(at.size).catch(() => undefined);
      await seal(at);
      if (at.size === 0) await unlink(join(folder, segmentName(at.segment))).catch(() => undefined);
      throw problem;
    }
  }

  async function seal(at: Open): Promise<void> {
    current = null;
    next = { segment: at.segment + 1, size: 0 };
    await at.file.close();
  }

  return {
    append(receipt, text) {
      if (catalog.has(receipt.id) || underWay.has(receipt.id)) {
        return Promise.reject(new StoreError("duplicate", `receipt ${receipt.id} is stored already`));
      }
      underWay.add(receipt.id);
      return new Promise((done, failed) => {
        // Encoded now: what the caller does with the receipt afterwards changes nothing.
        waiting.push({ receipt, line: encodeLine(text), done, failed });
        writing ??= endOfTurn().then(writeAll);
      });
    },
    async close() {
      await writing;
      await current?.file.close();
      current = null;
    },
  };
}

/** What else this turn of the event loop brings goes into the same write: a write and its sync cost more than a receipt. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Where receipts come together, a write waits a moment for more of them: a sync costs the machine as much as half a request.
 * One that comes alone never waits.
 */
function company(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 1));
}

function takeBatch(waiting: Waiting[]): readonly Waiting[] {
  let bytes = 0;
  let count = 0;
  while (count < waiting.length && (count === 0 || bytes + waiting[count]!.line.length <= BATCH_BYTES)) bytes += waiting[count++]!.line.length;
  return waiting.splice(0, count);
}

/** A write that returns when its bytes are on the disk: one trip to the system where `fdatasync` makes it two. Elsewhere it promises less. */
const SYNCED = process.platform === "linux" ? constants.O_DSYNC : 0;

async function openSegment(folder: string, { segment, size }: Last): Promise<Open> {
  const path = join(folder, segmentName(segment));
  if (size > 0) return { segment, file: await open(path, constants.O_RDWR | SYNCED), size };
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | SYNCED);
  // A file's name is durable only when its folder is.
  await syncFolder(folder).catch(async (problem: unknown) => {
    await file.close();
    throw problem;
  });
  return { segment, file, size };
}

/**
 * Nor is a folder's: without this a store that was just made could go with the power, receipts and all. Folder by folder:
 * the platform's recursive way tries for ever where a folder that is there takes none, as `/proc`.
 */
async function makeFolder(folder: string): Promise<void> {
  const above = dirname(folder);
  try {
    await mkdir(folder).catch(async (problem: unknown) => {
      if (!isOfSystem(problem) || problem.code !== "ENOENT" || above === folder) throw problem;
      await makeFolder(above);
      await mkdir(folder);
    });
  } catch (problem) {
    // It is there, maybe since a moment.
    if (await stat(folder).then((found) => found.isDirectory(), () => false)) return;
    throw problem;
  }
  // A folder that may be written to and not read cannot be synced by us.
  await syncFolder(above).catch(() => undefined);
}

async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, "r");
  await directory.sync().finally(() => directory.close());
}

// ── what the last run left ───────────────────────────────────────────────────────────────────────────────────

type Last = { readonly segment: number; readonly size: number };

async function recover(folder: string, access: "write" | "read", catalog: Catalog<Place>): Promise<{ notes: readonly string[]; last: Last }> {
  const notes: string[] = [];
  const segments = await segmentsIn(folder);
  let last: Last = { segment: 1, size: 0 };
  for (const segment of segments) {
    const size = await recoverSegment({ folder, segment, catalog, notes, mend: access === "write" && segment === segments.at(-1) });
    last = { segment, size };
  }
  return { notes, last };
}

type Recovering = {
  readonly folder: string;
  readonly segment: number;
  readonly catalog: Catalog<Place>;
  readonly notes: string[];
  /** Only the segment that is written to next is mended; the others are evidence. */
  readonly mend: boolean;
};

async function recoverSegment({ folder, segment, catalog, notes, mend }: Recovering): Promise<number> {
  const name = segmentName(segment);
  const file = await open(join(folder, name), mend ? "r+" : "r");
  try {
    let size = 0;
    let firstDamaged = 0;
    let damagedLines = 0;
    for await (const line of scan(file)) {
      size = line.offset + line.length;
      if (line.kind === "receipt") index(line.receipt, line);
      else if (line.kind === "damaged") {
        if (damagedLines++ === 0) firstDamaged = line.offset;
      } else if (!mend) {
        // Read beside a running writer this is simply its newest line; it is whole the next time.
      } else if (line.receipt === null) {
        await file.truncate(line.offset);
        size = line.offset;
        notes.push(`${name}: the last line was not finished when the writer stopped; its ${line.length} bytes were cut off at byte ${line.offset}`);
      } else {
        await file.write("\n", size);
        index(line.receipt, { offset: line.offset, length: line.length + 1 });
        size += 1;
        notes.push(`${name}: the last line lacked only its line break, which was added`);
      }
    }
    if (mend) await file.datasync();
    if (damagedLines > 0) {
      notes.push(`${name}: ${damagedLines} ${damagedLines === 1 ? "line was" : "lines were"} changed after being written (the first at byte ${firstDamaged}); skipped, and kept in the file`);
    }
    return size;
  } finally {
    await file.close();
  }

  function index(receipt: Receipt, { offset, length }: { readonly offset: number; readonly length: number }): void {
    // A write that failed may have reached the disk after all, and its receipt been stored again.
    if (catalog.has(receipt.id)) notes.push(`${name}: receipt ${receipt.id} is there twice (again at byte ${offset}); the first is used`);
    else catalog.add(receipt, positionOf({ segment, offset }), { segment, offset, length });
  }
}

async function segmentsIn(folder: string): Promise<readonly number[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (problem) {
    const absent = problem instanceof Error && "code" in problem && problem.code === "ENOENT";
    throw new StoreError("unreadable", absent ? `there is no store in ${folder}: the folder does not exist` : `the folder ${folder} cannot be read: ${messageOf(problem)}`);
  }
  return names
    .map((name) => /^receipts-(\d{8,})\.ndjson$/.exec(name))
    .filter((match) => match !== null)
    .map((match) => Number(match[1]))
    .sort((a, b) => a - b);
}

function segmentName(segment: number): string {
  return `receipts-${String(segment).padStart(8, "0")}.ndjson`;
}

/** One number that ascends over segments and offsets: exact up to two million segments of 4 GiB. */
function positionOf({ segment, offset }: { readonly segment: number; readonly offset: number }): number {
  return segment * 2 ** 32 + offset;
}

/** What the disk says, such as that it is full or that this is not ours to write to: no bug of ours. */
function isOfSystem(problem: unknown): problem is NodeJS.ErrnoException {
  return problem instanceof Error && "syscall" in problem && "code" in problem;
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}
