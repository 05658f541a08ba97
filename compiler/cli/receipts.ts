// `ward receipts list|show`: what a store holds.
import { RECEIPT_STATUSES, type Receipt } from "#contracts";
import { DEFAULT_STORE, readStore, StoreError, type ReceiptQuery, type ReceiptStore } from "#runtime";
import { didYouMean, listed } from "../bind/nearest.ts";
import { complain, EXIT, type Io } from "./io.ts";
import { receiptAsText } from "./receipt-text.ts";
import { storeUrl } from "./store-url.ts";
import { FORMAT, table, type Arguments, type Verb } from "./verb.ts";

export const receipts: Verb = {
  name: "receipts",
  about: "read the receipts of a store",
  takes: "list|show [ID]",
  least: 1,
  most: 2,
  flags: {
    store: { value: "URL", about: `the store to read (${DEFAULT_STORE})` },
    model: { value: "NAME", about: "list only this model's" },
    status: { value: "STATUS", choices: RECEIPT_STATUSES, about: "list only those that ended so" },
    session: { value: "ID", about: "list only this session's" },
    run: { value: "ID", about: "list only this run's" },
    limit: { value: "N", about: "how many to list (20)" },
    cursor: { value: "CURSOR", about: "go on after the page that named it" },
    format: FORMAT,
  },
  more: "`list` prints the newest first; `show ID` prints one whole. Reading takes no lock: a gateway may be writing.",
  async run(args, io) {
    const [what, id] = args.given;
    if (what !== "list" && what !== "show") return complain(io, { message: `unknown \`ward receipts ${what}\``, help: didYouMean(what!, ["list", "show"]) ?? "it is `list` or `show`" });
    if (what === "show" && id === undefined) return complain(io, { message: "`ward receipts show` needs the id of a receipt" });
    if (what === "list" && id !== undefined) return complain(io, { message: `\`ward receipts list\` takes no \`${id}\``, help: `\`ward receipts show ${id}\` prints one` });
    try {
      const { store, notes } = await readStore(storeUrl(args, io));
      for (const note of notes) io.err(`ward: ${note}\n`);
      try {
        return what === "list" ? await list(store, args, io) : await show(store, id!, args, io);
      } finally {
        await store.close();
      }
    } catch (problem) {
      if (!(problem instanceof StoreError)) throw problem;
      return complain(io, { message: problem.message, ...(problem.help === null ? {} : { help: problem.help }) });
    }
  },
};

async function list(store: ReceiptStore, args: Arguments, io: Io): Promise<number> {
  const limit = args.text("limit") ?? "20";
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > 1000) return complain(io, { message: `\`--limit\` cannot be \`${limit}\``, help: "it is a whole number from 1 to 1000" });
  const query: ReceiptQuery = { limit: Number(limit), ...narrowing(args) };
  const page = await store.list(query);
  if (args.text("format") === "json") io.out(`${JSON.stringify(page, null, 2)}\n`);
  else {
    io.out(page.receipts.length === 0 ? "no receipts\n" : `${table(page.receipts.map((one) => [`${one.created}  ${one.id}`, lineOf(one)] as const)).join("\n")}\n`);
    if (page.next !== null) io.err(`more: --cursor ${page.next}\n`);
  }
  return EXIT.clean;
}

function narrowing(args: Arguments): ReceiptQuery {
  return Object.fromEntries(
    ["model", "status", "session", "run", "cursor"].flatMap((name) => {
      const value = args.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function lineOf(receipt: Receipt): string {
  const attempts = receipt.attempts.length;
  return [
    receipt.model.name.padEnd(20),
    receipt.status.padEnd(9),
    `${attempts} attempt${attempts === 1 ? " " : "s"}`,
    `${Math.round(receipt.ms.total)} ms`,
    receipt.triggers.map((trigger) => trigger.rule).join(" "),
  ].join("  ").trimEnd();
}

async function show(store: ReceiptStore, id: string, args: Arguments, io: Io): Promise<number> {
  const found = await store.get(id);
  if (found === null) {
    const near = (await store.list({ limit: 3 })).receipts.map((one) => one.id);
    return complain(io, { message: `no receipt \`${id}\` is in the store`, ...(near.length === 0 ? {} : { help: `the newest are ${listed(near)}` }) });
  }
  io.out(args.text("format") === "json" ? `${JSON.stringify(found, null, 2)}\n` : receiptAsText(found));
  return EXIT.clean;
}
