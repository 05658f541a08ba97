// Two workers, started as `ward serve` starts them, that may be silent for as long as is said; does what its parent asks.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readKeysFile } from "#contracts";
import { load, openStore } from "#runtime";
import { serveWorkers } from "#runtime/workers";
import { UNWATCHED } from "../../runtime/operation/watch.ts";

type Ask = { readonly do: "digest" } | { readonly do: "swap"; readonly file: string } | { readonly do: "keys" };

const { folder, answersWithin } = JSON.parse(process.argv[2]!) as { readonly folder: string; readonly answersWithin: number };
const loadedOf = (file: string) => {
  const result = load(readFileSync(join(folder, file), "utf8"));
  if (!result.ok) throw new Error(result.problem.message);
  return result.loaded;
};
const keysNow = () => {
  const read = readKeysFile(readFileSync(join(folder, "keys.json"), "utf8"));
  if (!read.ok) throw new Error("no keys");
  return read.file;
};
const loaded = loadedOf("policy.json");
const { store } = await openStore("memory:");
const served = await serveWorkers({ loaded, store, keys: keysNow(), port: 0, host: "127.0.0.1", count: 2, answersWithin, tracing: null, watch: UNWATCHED, watchOf: () => UNWATCHED, say: (_, text) => void process.stderr.write(text) });
if (served.kind !== "serving") throw new Error("it does not serve");
const { serving } = served;
process.on("message", (ask: Ask) => void reply(ask));
process.on("disconnect", () => process.exit(0));
process.send?.({ url: serving.url });

async function reply(ask: Ask): Promise<void> {
  const { bundles } = serving;
  process.send?.(ask.do === "digest" ? { digest: bundles.active.digest } : ask.do === "swap" ? await bundles.swap(loadedOf(ask.file)) : await serving.callers!.replace(keysNow(), loaded));
}
