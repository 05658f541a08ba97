// The workflow that examples/github-actions shows does what it says: its commands are real ones, and are green on a
// policy that is.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { version } from "../compiler/cli/version.ts";
import { folderOf, type Folder } from "./support/ward.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const workflow = readFileSync(`${ROOT}/examples/github-actions/ward.yml`, "utf8");
const commands = [...workflow.matchAll(/\brun: (.+)$/gm)].map(([, command]) => command!).filter((command) => !command.startsWith("npm "));

test("it installs this release", () => {
  expect(workflow).toContain(`run: npm install --global wardwright@${version()}\n`);
});

test("it checks, formats and tests, and makes the files that it uploads", () => {
  expect(commands.map((command) => command.split(" ")[1])).toEqual(["check", "fmt", "test", "check", "test"]);
  for (const made of commands.flatMap((command) => />\s*(\S+)/.exec(command)?.[1] ?? [])) expect(workflow).toMatch(new RegExp(`(?:sarif_file|path): ${made}$`, "m"));
});

test("every step is green where the policy is", () => {
  const folder = repository();
  for (const command of commands) expect({ command, ...sh(folder, command) }).toMatchObject({ command, status: 0, stderr: "" });
  expect(JSON.parse(folder.read("ward.sarif"))).toMatchObject({ version: "2.1.0", runs: [{ results: [] }] });
  expect(folder.read("ward-tests.xml")).toMatch(/<testsuites name="ward test" tests="\d+" failures="0"/);
});

test("where it is not, its findings are annotations, the reports are made all the same, and the job fails once", () => {
  const folder = repository();
  folder.write("policies/policy.ward", folder.read("policies/policy.ward").replace("route = echo", "route = ecko"));
  const runs = commands.map((command) => sh(folder, command));
  expect(runs.map((one) => one.status)).toEqual([1, 0, 1, 0, 0]);
  expect(runs[0]!.stdout).toMatch(/^::error file=policies\/policy\.ward,line=\d+/);
  expect(JSON.parse(folder.read("ward.sarif"))).toMatchObject({ runs: [{ results: [{ ruleId: "W1001", level: "error" }] }] });
});

/** As the workflow finds one: policies in a folder, and the command on the path. */
function repository(): Folder {
  const folder = folderOf({});
  cpSync(`${ROOT}/examples/01-one-model`, `${folder.path}/policies`, { recursive: true });
  mkdirSync(`${folder.path}/bin`);
  writeFileSync(`${folder.path}/bin/ward`, `#!/bin/sh\nexec '${process.execPath}' --conditions=wardwright-source '${ROOT}compiler/cli/main.ts' "$@"\n`);
  chmodSync(`${folder.path}/bin/ward`, 0o755);
  return folder;
}

function sh(folder: Folder, command: string) {
  const env = { PATH: `${folder.path}/bin:${process.env["PATH"]}`, GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: folder.path };
  const { status, stdout, stderr } = spawnSync("sh", ["-ec", command], { cwd: folder.path, env, encoding: "utf8" });
  return { status, stdout, stderr };
}
