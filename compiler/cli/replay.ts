// `ward replay RECEIPTS --with BUNDLE|ENTRY`: stored requests, planned again under another policy. Calls nobody.
import { RECEIPT_STATUSES } from "#contracts";
import type { ReceiptQuery } from "#runtime";
import { openTally, replayUnder } from "../replay/index.ts";
import { CONFIG } from "./config.ts";
import { complain, EXIT, type Io } from "./io.ts";
import { loaded } from "./program.ts";
import { receiptsFrom } from "./receipt-source.ts";
import { replayAsMarkdown, replayAsText } from "./replay-text.ts";
import { COLOR, type Arguments, type Verb } from "./verb.ts";

export const replay: Verb = {
  name: "replay",
  about: "say which stored requests another policy would treat differently",
  takes: "RECEIPTS",
  least: 1,
  most: 1,
  flags: {
    with: { value: "BUNDLE|ENTRY", about: "the policy to plan them with" },
    format: { value: "FORMAT", choices: ["text", "json", "markdown"], about: "how to print the result (text)" },
    "fail-on": { value: "WHAT", choices: ["different", "never"], about: "end with 1 where a request would be treated differently, or not at all (different)" },
    model: { value: "NAME", about: "replay only this model's" },
    status: { value: "STATUS", choices: RECEIPT_STATUSES, about: "replay only those that ended so" },
    session: { value: "ID", about: "replay only this session's" },
    run: { value: "ID", about: "replay only this run's" },
    limit: { value: "N", about: "stop after so many; a store gives the newest first" },
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "RECEIPTS is a store's URL (`file:PATH`), its folder, a file with one receipt a line, or `-`. Each is planned",
    "again from the facts it recorded, its alloys drawn by the keys it recorded: same, different, or cannot say, with",
    "what was missing. Where a receipt holds content (`receipts = { capture = full }`), rules on text look at",
    "what was released. No provider is called and no key is needed.",
  ].join("\n"),
  async run(args, io) {
    const bundle = args.text("with");
    if (bundle === undefined) return complain(io, { message: "`ward replay` needs `--with BUNDLE|ENTRY`", help: "it is the policy the receipts are planned with" });
    const limit = args.text("limit");
    if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) return complain(io, { message: `\`--limit\` cannot be \`${limit}\``, help: "it is a whole number from 1" });
    const program = loaded(bundle, args, io);
    if (!program.ok) return program.exit;

    const replayOne = replayUnder(program.value);
    const tally = openTally();
    const pace = paceOf(io);
    for await (const receipt of receiptsFrom(args.given[0]!, narrowing(args), io)) {
      if (!receipt.ok) return complain(io, receipt.problem);
      tally.add(receipt.value, replayOne(receipt.value));
      pace.step(tally.count);
      if (tally.count === Number(limit)) break;
    }
    pace.end(tally.count);
    const report = tally.report(program.value.digest);
    const format = args.text("format");
    io.out(format === "json" ? `${JSON.stringify(report, null, 2)}\n` : format === "markdown" ? replayAsMarkdown(report) : replayAsText(report));
    return report.different.count > 0 && args.text("fail-on") !== "never" ? EXIT.findings : EXIT.clean;
  },
};

function narrowing(args: Arguments): ReceiptQuery {
  return Object.fromEntries(
    ["model", "status", "session", "run"].flatMap((name) => {
      const value = args.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** How fast it goes, on standard error, every few seconds of a long run. */
function paceOf(io: Io): { step(count: number): void; end(count: number): void } {
  const began = performance.now();
  let next = EVERY_MS;
  const tell = (count: number, elapsed: number): void => io.err(`replayed ${count} receipts, ${Math.round((count * 1_000) / elapsed)} a second\n`);
  return {
    step(count) {
      if (count % 256 !== 0) return;
      const elapsed = performance.now() - began;
      if (elapsed < next) return;
      next = elapsed + EVERY_MS;
      tell(count, elapsed);
    },
    end(count) {
      const elapsed = performance.now() - began;
      if (elapsed >= EVERY_MS) tell(count, elapsed);
    },
  };
}

const EVERY_MS = 3_000;
