// Programs, valid and not, and what is said of each. A case is a file, or a folder whose entry is `main.ward`; beside it
// stands what `ward check` prints.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasErrors } from "#lang";
import { renderText } from "../../compiler/report/index.ts";
import { compileTexts } from "../support/compile.ts";

const ROOT = new URL(".", import.meta.url);

const cases = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => (entry.isDirectory() ? entry.name !== "mistakes" : entry.name.endsWith(".ward")))
  .map((entry) => ({ name: entry.name.replace(/\.ward$/, ""), entry: entry.isDirectory() ? "main.ward" : entry.name, files: entry.isDirectory() ? folder(entry.name) : { [entry.name]: text(entry.name) } }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

describe("the corpus", () => {
  it.each(cases)("$name is told what the golden file says", async ({ name, entry, files }) => {
    const { diagnostics, sources, bundle } = compileTexts(files, entry);
    await expect(renderText(diagnostics, sources)).toMatchFileSnapshot(`${name}.expected.txt`);
    const kind = hasErrors(diagnostics) ? "bad" : diagnostics.some((one) => one.severity === "warning") ? "warn" : diagnostics.length > 0 ? "info" : "ok";
    expect(kind).toBe(name.split("-", 1)[0]);
    expect(bundle === null).toBe(kind === "bad");
  });
});

function folder(name: string): Record<string, string> {
  const files = readdirSync(new URL(`${name}/`, ROOT), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ward"));
  return Object.fromEntries(files.map((file) => [file.replaceAll("\\", "/"), text(`${name}/${file}`)]));
}

function text(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}
