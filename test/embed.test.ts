// The package as others have it: built, packed, and imported from a project of its own.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

const POLICY = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki  price = free  replies = [["from inside"]] }\nmodel chat { route = echo }\n';

/** A gateway behind `fetch`, its policy compiled in the same program. */
const EMBEDDED = `
import { compile, hostOf, bundleText } from "wardwright";
import { createGateway, load, openStore, openUpstreams, resolveSettings, systemPorts } from "wardwright/runtime";

const built = compile("policy.ward", hostOf({ "policy.ward": ${JSON.stringify(POLICY)} }));
const result = load(bundleText(built.bundle));
const ports = systemPorts();
const settings = resolveSettings(result.loaded.policy, ports.secrets);
const upstreams = openUpstreams({ settings: settings.providers, clock: ports.clock });
const { store } = await openStore("memory:");
const gateway = createGateway({ loaded: result.loaded, ports, store, upstreams });

const answer = await gateway.fetch(new Request("http://gateway/v1/chat/completions", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hi" }] }),
}));
const { choices } = await answer.json();
const { receipts } = await store.list({});
console.log(JSON.stringify({ text: choices[0].message.content, receipt: receipts[0].id === answer.headers.get("x-wardwright-receipt-id"), bundle: receipts[0].bundle === built.bundle.digest }));
await gateway.close();
`;

test("a project of its own embeds the gateway behind `fetch`, from JavaScript, with types", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ward-embed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const home = join(folder, "node_modules", "wardwright");
  mkdirSync(home, { recursive: true });
  // Built into a place of its own: the tree's `dist` may be in use.
  await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, ".config/tsconfig.build.json"), "--outDir", join(home, "dist")], { cwd: ROOT });
  writeFileSync(join(home, "package.json"), readFileSync(join(ROOT, "package.json")));
  symlinkSync(join(ROOT, "node_modules"), join(home, "node_modules"));
  const published = readdirSync(join(home, "dist"), { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => one.name);
  expect(published.length).toBeGreaterThan(100);
  expect(published.filter((name) => !/\.(js|d\.ts|schema\.json)$/.test(name))).toEqual([]);
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly exports: { readonly [door: string]: { readonly [how: string]: string } } };
  for (const place of Object.values(exports).flatMap((door) => Object.values(door))) expect([place, existsSync(join(home, place))]).toEqual([place, true]);

  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "main.js"), EMBEDDED);

  const { stdout } = await run(process.execPath, ["main.js"], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual({ text: "from inside", receipt: true, bundle: true });

  writeFileSync(join(folder, "main.ts"), 'import { createGateway, type Gateway, type GatewayOptions } from "wardwright/runtime";\nexport const embed = (options: GatewayOptions): Gateway => createGateway(options);\nexport const digest: string = embed({} as GatewayOptions).bundles.active.digest;\n// @ts-expect-error a gateway needs a bundle\ncreateGateway({});\n');
  await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--typeRoots", join(ROOT, "node_modules/@types"), "--types", "node", "main.ts"], { cwd: folder });
}, 120_000);
