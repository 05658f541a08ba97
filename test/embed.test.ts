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

/** As the README shows it, and after it what only a test looks at. */
const README = /^```js\n([\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, "README.md"), "utf8"))![1]!;

/** The same with the policy compiled in the program, and a store of its own. */
const COMPILED = `
import { compile, hostOf, bundleText } from "wardwright";
import { openGateway, openStore } from "wardwright/runtime";

const built = compile("policy.ward", hostOf({ "policy.ward": ${JSON.stringify('ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki  price = free  replies = [["from inside"]] }\nmodel chat { route = echo }\n')} }));
const { store } = await openStore("file:receipts");
const { gateway } = openGateway(bundleText(built.bundle), { store });
const answer = await gateway.fetch(new Request("http://gateway/v1/chat/completions", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hi" }] }),
}));
const { choices } = await answer.json();
const { receipts } = await store.list({});
console.log(JSON.stringify({ text: choices[0].message.content, receipt: receipts[0].id === answer.headers.get("x-wardwright-receipt-id"), bundle: receipts[0].bundle === built.bundle.digest }));
await gateway.close();
await store.close();
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
  const ran = async (program: string): Promise<string> => {
    writeFileSync(join(folder, "main.js"), program);
    return (await run(process.execPath, ["main.js"], { cwd: folder })).stdout;
  };
  expect(JSON.parse(await ran(COMPILED))).toEqual({ text: "from inside", receipt: true, bundle: true });
  await run(process.execPath, [join(home, "dist/compiler/cli/main.js"), "build", join(ROOT, "examples/04-governed-stream/policy.ward"), "-o", "policy.json"], { cwd: folder });
  expect(await ran(README)).toBe('    const client = new NewClient({\n      key: "[key removed]",\n    });\n\nIt reconnects by itself.\n');

  writeFileSync(join(folder, "main.ts"), 'import { createGateway, openGateway, type Gateway, type GatewayOptions, type OpenedGateway } from "wardwright/runtime";\nexport const opened: OpenedGateway = openGateway("");\nexport const problems: readonly string[] = opened.ok ? [] : opened.problems.map((one) => one.message);\nexport const embed = (options: GatewayOptions): Gateway => createGateway(options);\nexport const digest: string = embed({} as GatewayOptions).bundles.active.digest;\n// @ts-expect-error a gateway needs a bundle\ncreateGateway({});\n');
  await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--typeRoots", join(ROOT, "node_modules/@types"), "--types", "node", "main.ts"], { cwd: folder });
}, 120_000);
