// Where receipts come from on a command line: the URL or the folder of a store, a file of receipts one a line, or `-`. One
// receipt at a time is in memory, however many there are.
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { RECEIPT_SCHEMA, type Receipt } from "#contracts";
import { readStore, StoreError, type ReceiptQuery } from "#runtime";
import { kindOf, reasonOf } from "./files.ts";
import { ok, wrong, type Io, type Result } from "./io.ts";
import { absoluteStore } from "./store-url.ts";

/** A result that is not ok is the last one. A query's `limit` and `cursor` are not for here. */
export async function* receiptsFrom(given: string, query: ReceiptQuery, io: Io): AsyncGenerator<Result<Receipt>> {
  const kind = given === "-" ? "file" : kindOf(io.cwd, given);
  if (kind === "folder") yield* fromStore(`file:${resolve(io.cwd, given)}`, query, io);
  else if (kind === "file") yield* fromLines(given, query, io);
  else if (/^[a-z][a-z0-9+]*:/.test(given)) yield* fromStore(absoluteStore(given, io), query, io);
  else yield wrong(`cannot read \`${given}\`: it does not exist`, "receipts are a store's URL (`file:PATH`), its folder, a file with one receipt a line, or `-`");
}

const PAGE = 200;

async function* fromStore(url: string, query: ReceiptQuery, io: Io): AsyncGenerator<Result<Receipt>> {
  try {
    const { store, notes } = await readStore(url);
    for (const note of notes) io.err(`ward: ${note}\n`);
    try {
      let cursor: string | undefined;
      do {
        const page = await store.list({ ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
        for (const receipt of page.receipts) yield ok(receipt);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
    } finally {
      await store.close();
    }
  } catch (problem) {
    if (!(problem instanceof StoreError)) throw problem;
    yield wrong(problem.message, problem.help);
  }
}

async function* fromLines(given: string, query: ReceiptQuery, io: Io): AsyncGenerator<Result<Receipt>> {
  const name = given === "-" ? "standard input" : `\`${given}\``;
  let number = 0;
  try {
    const lines = given === "-" ? io.lines() : (await open(resolve(io.cwd, given))).readLines();
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      const receipt = receiptIn(line);
      if (receipt === null) return yield wrong(`${name}, line ${number}, is not a receipt`, "a file of receipts has one a line, as the segments of a store have");
      if (matches(receipt, query)) yield ok(receipt);
    }
  } catch (problem) {
    yield wrong(`cannot read ${name}: ${reasonOf(problem)}`);
  }
}

/** A line of a store's segment holds the receipt and its checksum. */
function receiptIn(line: string): Receipt | null {
  try {
    const value = JSON.parse(line) as { readonly receipt?: unknown };
    const receipt = (value !== null && typeof value === "object" && "crc32" in value ? value.receipt : value) as Partial<Receipt> | null;
    const whole = receipt !== null && typeof receipt === "object" && receipt.schema === RECEIPT_SCHEMA && typeof receipt.id === "string"
      && typeof receipt.model?.requested === "string" && typeof receipt.request === "object" && typeof receipt.caller === "object" && Array.isArray(receipt.decision?.attempts)
      && Array.isArray(receipt.decision.alloys) && Array.isArray(receipt.decision.rules);
    return whole ? (receipt as Receipt) : null;
  } catch {
    return null;
  }
}

function matches(receipt: Receipt, { model, status, session, run }: ReceiptQuery): boolean {
  return (
    (model === undefined || model === receipt.model.id || model === receipt.model.name) &&
    (status === undefined || status === receipt.status) &&
    (session === undefined || session === receipt.caller["session"]?.value) &&
    (run === undefined || run === receipt.caller["run"]?.value)
  );
}
