// The measured gateway: a policy with `rules` rules on text, an API key with limits, every receipt durable in a store on disk.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, bundleText } from "#compiler";
import { load, openStore, serve } from "#runtime";
import { serveWorkers } from "#runtime/workers";
import { KEYS } from "./key.ts";
import { policy } from "./rules.ts";
import { UNWATCHED } from "../../runtime/operation/watch.ts";
import { answerUsage } from "./usage.ts";

const { upstream, rules, workers = 1 } = JSON.parse(process.argv[2]!) as { upstream: number; rules: number; workers?: number };
const text = policy(rules, `http://127.0.0.1:${upstream}/v1`);
const { bundle, diagnostics } = compile("policy.ward", { read: (path) => (path === "policy.ward" ? text : null) });
if (bundle === null) throw new Error(`the bench's policy does not compile: ${diagnostics.map((one) => one.message).join("; ")}`);
const result = load(bundleText(bundle));
if (!result.ok) throw new Error(result.problem.message);

const folder = mkdtempSync(join(tmpdir(), "wardwright-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const { store } = await openStore(`file:${folder}`);
const options = { loaded: result.loaded, store, keys: KEYS, port: 0, host: "127.0.0.1" };
const served = workers === 1 ? await serve(options) : await serveWorkers({ ...options, count: workers, tracing: null, watch: UNWATCHED, watchOf: () => UNWATCHED, say: (_, text) => void process.stderr.write(text) });
if (served.kind !== "serving") throw new Error("the bench's gateway does not start");
process.send?.({ port: served.serving.port });
answerUsage({ several: workers > 1 });
