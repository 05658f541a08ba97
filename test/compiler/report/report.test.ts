import { styleText } from "node:util";
import { describe, expect, it } from "vitest";
import { CheckReport } from "#contracts";
import type { Diagnostic } from "#lang";
import { paletteOf, renderGithub, renderJson, renderJunit, renderSarif, renderText } from "../../../compiler/report/index.ts";
import { files, found } from "./sample.ts";

describe("text", () => {
  it("shows the source with carets, labels, notes and fixes", async () => {
    await expect(renderText(found, files, { columns: 100 })).toMatchFileSnapshot("expected/text.txt");
  });

  it("only adds colour, never text", () => {
    const palette = paletteOf((format, text) => styleText([...format], text, { validateStream: false }));
    const coloured = renderText(found, files, { palette, columns: 100 });
    expect(coloured).toContain("\u001b[31m");
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(renderText(found, files, { columns: 100 })); // oxlint-disable-line no-control-regex -- that is what colour is made of
  });

  it("lets no control or direction character of a policy act on the terminal", () => {
    expect(renderText(found, files)).not.toMatch(/[^\P{Cc}\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
  });

  it("says when nothing was found", () => {
    expect(renderText([], files)).toBe("ok: nothing found in 2 files\n");
  });

  it("survives spans that point nowhere", () => {
    const lost: Diagnostic = { ...found[0]!, span: { file: "policy.ward", start: 1e9, end: -3 }, labels: [{ span: { file: "policy.ward", start: -5, end: 1e9 }, text: "x" }] };
    expect(renderText([lost], files)).toContain("unknown target");
  });
});

describe("json", () => {
  it("follows its schema", async () => {
    const text = renderJson(found, files);
    expect(CheckReport.parse(JSON.parse(text)).summary).toEqual({ errors: 5, warnings: 2, infos: 1 });
    await expect(text).toMatchFileSnapshot("expected/report.json");
  });
});

describe("github", () => {
  it("is one workflow command a finding, each on one line", async () => {
    const text = renderGithub(found, files);
    expect(text.trimEnd().split("\n")).toHaveLength(found.length);
    await expect(text).toMatchFileSnapshot("expected/github.txt");
  });
});

describe("junit", () => {
  it("fails a case for each finding at the fail level and passes the rest", async () => {
    const text = renderJunit(found, [...files, { path: "clean.ward", text: "ward 1\n" }]);
    expect(text).toContain(`<testsuite name="clean.ward" tests="1" failures="0"`);
    expect(renderJunit(found, files, "info")).toContain(`failures="${found.length}"`);
    await expect(text).toMatchFileSnapshot("expected/junit.xml");
  });
});

const rule = { code: "W3002", name: "unreachable-arm", severity: "warning", law: "every arm is reached by some request", because: "dead text misleads", avoid: "ward 1\n", prefer: "ward 1\n" } as const;

function run(these: readonly Diagnostic[], of = files) {
  return JSON.parse(renderSarif(these, of, { rules: [rule], version: "0.1.0" })).runs[0];
}

function marks(results: readonly { partialFingerprints: object }[]): readonly string[] {
  return results.map((one) => JSON.stringify(one.partialFingerprints));
}

describe("sarif", () => {
  it("names each result's rule, place and fixes", async () => {
    await expect(renderSarif(found, files, { rules: [rule], version: "0.1.0" })).toMatchFileSnapshot("expected/report.sarif");
  });

  it("points every result at its rule by index", () => {
    const { results, tool } = run(found);
    for (const result of results) expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
  });

  it("gives each result a fingerprint of its own, which lines added above do not change", () => {
    const before = marks(run(found).results);
    expect(new Set(before).size).toBe(found.length);
    const moved = files.map((file) => ({ ...file, text: `// a\n\n${file.text}` }));
    const shifted = found.map((one) => ({ ...one, span: { ...one.span, start: one.span.start + 6, end: one.span.end + 6 } }));
    expect(marks(run(shifted, moved).results).slice(0, 6)).toEqual(before.slice(0, 6));
  });

  it("has relative paths only", () => {
    for (const { location } of run(found).artifacts) expect(location.uri).not.toMatch(/^\/|:/);
  });
});
