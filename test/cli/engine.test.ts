import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { NEEDED, tooOld } from "../../compiler/cli/engine.ts";

test("the Node that is needed is the one the package names", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly engines: { readonly node: string } };
  expect(engines.node).toBe(`>=${NEEDED}`);
});

test.each([
  ["20.20.2", false],
  ["22.18.9", false],
  ["22.19.0", true],
  ["22.20.0-nightly", true],
  ["24.0.0", true],
])("Node %s runs the command: %j", (version, runs) => {
  expect(tooOld(version)).toEqual(runs ? null : expect.stringMatching(new RegExp(`^ward: this is Node ${version}, and ward needs ${NEEDED} or newer\nhelp: .+\n$`)));
});

test("a Node that lacks what the command is made of is told so, and ends with 2", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ward-engine-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "old.mjs"), 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } });\n');
  const main = fileURLToPath(new URL("../../compiler/cli/main.ts", import.meta.url));
  const run = promisify(execFile)(process.execPath, ["-C", "wardwright-source", "--import", pathToFileURL(join(folder, "old.mjs")).href, main, "--version"]);
  await expect(run).rejects.toMatchObject({ code: 2, stdout: "", stderr: tooOld("20.1.0") });
});
