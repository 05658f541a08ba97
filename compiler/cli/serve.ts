// `ward serve BUNDLE|ENTRY`: the gateway. It says what it serves, what to try, and where each receipt is.
import { DEFAULT_HOST, DEFAULT_PORT, DEFAULT_STORE, openStore, StoreError, type Loaded, type OwnStore, type Running } from "#runtime";
import { worstCase } from "../analysis/index.ts";
import { CONFIG } from "./config.ts";
import { CONVERSATIONS, conversationsOf } from "./conversations.ts";
import { complain, EXIT, ok, wrong, type Io, type Result } from "./io.ts";
import { keepKeys, readKeys } from "./keys-file.ts";
import { loaded } from "./program.ts";
import { worstText } from "./quantity.ts";
import { reload, reloadOnChange } from "./reload.ts";
import { LOG, LOG_LEVEL, serveLog } from "./serve-log.ts";
import { besideRows, CANARY, PERCENT, secondBundles, SHADOW, type Beside } from "./second-bundle.ts";
import { storeUrl } from "./store-url.ts";
import { OTLP, tracingOf } from "./traces.ts";
import { COLOR, table, type Arguments, type Verb } from "./verb.ts";
import { version } from "./version.ts";
import { serveOn, WORKERS, workersOf, type Served } from "./workers.ts";

export const serve: Verb = {
  name: "serve",
  about: "serve a policy to clients",
  takes: "BUNDLE|ENTRY",
  least: 1,
  most: 1,
  flags: {
    port: { value: "PORT", about: `where to listen (${DEFAULT_PORT}; 0: any that is free)` },
    host: { value: "HOST", about: `the address to listen on (${DEFAULT_HOST})` },
    store: { value: "URL", about: `where receipts go, file:PATH or memory: (${DEFAULT_STORE})` },
    durability: { value: "HOW", choices: ["strict", "relaxed"], about: "strict (the default): the receipt is on the disk before the answer ends" },
    "on-store-failure": { value: "WHAT", choices: ["refuse", "degrade"], about: "what a client gets whose receipt cannot be written: an error (refuse, the default), or its answer all the same" },
    keys: { value: "FILE", about: "who may call: a file that `ward keys` writes; read again whenever it changes" },
    cors: { value: "ORIGINS", about: "origins of web pages that may read answers, with commas between them (none)" },
    "drain-notice": { value: "SECONDS", about: "how long, once told to stop, `/readyz` says so while requests are still taken (0)" },
    "drain-limit": { value: "SECONDS", about: "how long after that requests under way may go on before they are cut off (no limit)" },
    conversations: CONVERSATIONS,
    otlp: OTLP,
    canary: CANARY,
    percent: PERCENT,
    shadow: SHADOW,
    workers: WORKERS,
    watch: { about: "serve it anew whenever one of its files changes" },
    log: LOG,
    "log-level": LOG_LEVEL,
    config: CONFIG,
    color: COLOR,
  },
  more: "A .ward entry is compiled first. Without `--keys` the gateway serves this machine alone; `ward keys` makes them.\nSIGHUP reads it again, and what cannot be served changes nothing.\nCtrl-C finishes the requests under way; a second one does not wait for them.",
  async run(args, io) {
    const port = portOf(args);
    if (!port.ok) return complain(io, port.problem);
    const program = loaded(args.given[0]!, args, io);
    if (!program.ok) return program.exit;

    const beside = secondBundles(args, io);
    if (!beside.ok) return beside.exit;
    const drain = drainOf(args);
    if (!drain.ok) return complain(io, drain.problem);
    const cors = corsOf(args);
    if (!cors.ok) return complain(io, cors.problem);
    const conversations = conversationsOf(args);
    if (!conversations.ok) return complain(io, conversations.problem);
    const tracing = tracingOf(args, io);
    if (!tracing.ok) return complain(io, tracing.problem);
    const workers = workersOf(args);
    if (!workers.ok) return complain(io, workers.problem);
    const keysFile = args.text("keys");
    const keys = keysFile === undefined ? null : readKeys(io.cwd, keysFile);
    if (keys !== null && !keys.ok) return complain(io, keys.problem);

    let url = "";
    const log = await serveLog(args, io, () => url);
    const opened = await openedStore(args, io, (why) => log.say("warn", why === null ? "receipts are written again\n" : `ward: receipts cannot be written: ${why}\nhelp: until there is room for them, and leave to write them, requests are answered as \`--on-store-failure\` says\n`));
    if (!opened.ok) return complain(io, opened.problem);
    const store = opened.value;
    const result = await serveOn({ count: workers.value, tracing: tracing.value, log }, { ...beside.value, ...conversations.value, loaded: program.value, store, secrets: (variable) => io.env[variable], version: version(), port: port.value, cors: cors.value, drain: drain.value, ...(keys === null ? {} : { keys: keys.value.file }), ...settings(args) });
    if (result.kind !== "serving") {
      await store.close();
      return complainOf(result, io);
    }
    const { serving } = result;
    url = serving.url;
    io.out(banner({ program: program.value, beside: beside.value, path: args.given[0]!, serving, keys: keysFile ?? null, workers: workers.value, store: args.text("store") ?? DEFAULT_STORE, traces: tracing.value.to }));
    log.serving({ digest: program.value.digest, url, workers: workers.value });
    let failed: string | null = null;
    const told: Io = { ...io, err: (text) => log.say("warn", text), onStop: (then) => stopOrFail(io, then) };
    const reloading = { args, bundles: serving.bundles, io: told, say: log.say };
    let telling: Promise<void> | null = null;
    const deaf = io.onReload(() => void (telling = reload(reloading) ?? telling));
    const letKeysGo = keysFile === undefined ? () => undefined : keepKeys(keysFile, serving, io, log.say);
    await (args.on("watch") ? reloadOnChange(reloading) : new Promise<void>((resolve) => void told.onStop(resolve)));
    deaf();
    letKeysGo();
    await telling;
    if (failed !== null) {
      await serving.close();
      complain(io, { message: failed, help: "what they said stands above; this is no fault of the policy" });
      return EXIT.bug;
    }
    const inFlight = await serving.underWay();
    log.say("info", inFlight === 0 ? "closing\n" : `closing: ${inFlight} request${inFlight === 1 ? " is" : "s are"} under way\n`);
    await serving.close();
    return EXIT.clean;

    /** A gateway that cannot go on is stopped as one that is asked to. */
    function stopOrFail({ onStop }: Io, then: () => void): () => void {
      const cancel = onStop(then);
      void serving.failed?.then((why) => {
        failed = why;
        cancel();
        then();
      });
      return cancel;
    }
  },
};

function portOf(args: Arguments): Result<number> {
  const text = args.text("port") ?? String(DEFAULT_PORT);
  return /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? ok(Number(text)) : wrong(`\`--port\` cannot be \`${text}\``, "it is a whole number from 0 to 65535");
}

function corsOf(args: Arguments): Result<readonly string[]> {
  const origins = (args.text("cors") ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
  const bad = origins.find((one) => one !== "*" && URL.parse(one)?.origin !== one);
  return bad === undefined ? ok(origins) : wrong(`\`--cors\` cannot be \`${bad}\``, "an origin is a scheme and a host, as in `https://app.example.com`");
}

function drainOf(args: Arguments): Result<{ readonly notice?: number; readonly limit?: number }> {
  const found: { notice?: number; limit?: number } = {};
  for (const name of ["notice", "limit"] as const) {
    const text = args.text(`drain-${name}`);
    if (text === undefined) continue;
    if (!/^\d{1,5}$/.test(text)) return wrong(`\`--drain-${name}\` cannot be \`${text}\``, "it is a whole number of seconds");
    found[name] = Number(text) * 1000;
  }
  return ok(found);
}

function settings(args: Arguments): { readonly host?: string; readonly durability?: "strict" | "relaxed"; readonly onStoreFailure?: "refuse" | "degrade" } {
  const host = args.text("host");
  return {
    ...(host === undefined ? {} : { host }),
    durability: args.text("durability") === "relaxed" ? "relaxed" : "strict",
    onStoreFailure: args.text("on-store-failure") === "degrade" ? "degrade" : "refuse",
  };
}

async function openedStore(args: Arguments, io: Io, told: (why: string | null) => void): Promise<Result<OwnStore>> {
  try {
    const { store, notes } = await openStore(storeUrl(args, io), told);
    for (const note of notes) io.err(`ward: ${note}\n`);
    return ok(store);
  } catch (problem) {
    if (!(problem instanceof StoreError)) throw problem;
    return wrong(problem.message, problem.help);
  }
}

function complainOf(result: Exclude<Served, { readonly kind: "serving" }>, io: Io): number {
  if (result.kind === "refused") return complain(io, { message: result.message, help: result.help });
  for (const { message, help } of result.problems) complain(io, { message, help });
  return EXIT.usage;
}

function banner({ program, beside, path, serving, keys, workers, store, traces }: { readonly program: Loaded; readonly beside: Beside; readonly path: string; readonly serving: Running; readonly keys: string | null; readonly workers: number; readonly store: string; readonly traces: string | null }): string {
  const { models } = program.policy;
  const first = models.find((model) => model.rules.length > 0) ?? models[0];
  const rows: (readonly [string, string])[] = [
    ["serving", path],
    ["at", serving.url],
    ["digest", program.digest],
    ...besideRows(beside),
    ...models.map((model) => ["model", `${[model.name, ...model.aliases].join(", ")}: at worst ${worstText(worstCase(program, model))}`] as const),
    ["receipts", store],
    ...(keys === null ? [] : [["keys", keys] as const]),
    ...(workers === 1 ? [] : [["workers", String(workers)] as const]),
    ...(traces === null ? [] : [["traces", traces] as const]),
  ];
  return [...table(rows), "", ...(first === undefined ? [] : tryIt(first.name, serving.url, keys !== null)), ""].join("\n");
}

function tryIt(model: string, url: string, withKeys: boolean): readonly string[] {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "How do I connect to the service?" }] });
  const bearing = (variable: string): string => (withKeys ? ` -H "authorization: Bearer $${variable}"` : "");
  return [
    withKeys ? "try it, with keys that `ward keys make` has made:" : "try it:",
    "",
    `  curl -N ${url}/v1/chat/completions${bearing("WARD_KEY")} -H 'content-type: application/json' -d '${shellText(body)}'`,
    "",
    `each request leaves a receipt, whose address appears here; the newest${withKeys ? ", for a key of role admin" : ""}:`,
    "",
    `  curl '${url}/v1/receipts?limit=1'${bearing("WARD_ADMIN_KEY")}`,
    "",
  ];
}

/** Inside single quotes of a shell. */
function shellText(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
