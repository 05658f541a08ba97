import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleText, compile, hostOf } from "../../compiler/index.ts";
import { Bundle, canonical, digest } from "#contracts";
import { compiled, library, pointedAt, said } from "./program.ts";
import { RICH, RICH_DECLARATIONS, RICH_FILES, RICH_HEAD } from "./rich.ts";

const rich = compiled(RICH, RICH_FILES);

const digestOf = (text: string, files: { readonly [path: string]: string } = RICH_FILES): string | undefined => compiled(text, files).bundle?.digest;

describe("a program with everything in it", () => {
  test("has no errors", () => {
    expect(said(rich).filter((one) => one.includes(" error: "))).toEqual([]);
  });

  test("gives this bundle", async () => {
    await expect(`${JSON.stringify(JSON.parse(bundleText(rich.bundle!)), null, 2)}\n`).toMatchFileSnapshot("golden/rich.bundle.json");
  });

  test("gives a bundle of the published shape", () => {
    expect(Bundle.parse(rich.bundle)).toEqual(rich.bundle);
  });

  test("gives the same bytes every time", () => {
    expect(bundleText(compiled(RICH, RICH_FILES).bundle!)).toBe(bundleText(rich.bundle!));
  });

  test("is sealed and digested over its canonical text", () => {
    const { seal, ...rest } = rich.bundle!;
    expect(digest(rest)).toBe(seal);
    expect(digest(rest.policy)).toBe(rest.digest);
    expect(bundleText(rich.bundle!)).toBe(`${canonical(rich.bundle!)}\n`);
  });
});

describe("the digest", () => {
  test("does not depend on the order of declarations", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...RICH_DECLARATIONS], { minLength: RICH_DECLARATIONS.length }), (declarations) => {
        expect(digestOf(`${RICH_HEAD}\n${declarations.join("\n")}`)).toBe(rich.bundle!.digest);
      }),
      { numRuns: 12 },
    );
  });

  test("does not depend on comments, empty lines and indentation", () => {
    const layout = fc.constantFrom("\n", "\n\n\n", "\r\n", "\n   ", "\n\t// said in passing\n", "\n/* one\n   two */ ", "\n/// a doc\n");
    const lines = RICH.replaceAll(/^\s*\/\/\/.*\n/gm, "").split("\n");
    fc.assert(
      fc.property(fc.array(layout, { minLength: lines.length, maxLength: lines.length }), (breaks) => {
        expect(digestOf(lines.map((line, index) => line + breaks[index]!).join(""))).toBe(rich.bundle!.digest);
      }),
      { numRuns: 12 },
    );
  });

  test("does not depend on the names of files", () => {
    expect(digestOf(RICH.replace("./lib/secrets.ward", "./lib/a/../s.ward"), { "lib/s.ward": RICH_FILES["lib/secrets.ward"] })).toBe(rich.bundle!.digest);
    expect(compile("deep/down/p.ward", hostOf({ "deep/down/p.ward": RICH, "deep/down/lib/secrets.ward": RICH_FILES["lib/secrets.ward"] })).bundle?.digest).toBe(rich.bundle!.digest);
  });

  test("does not depend on how defaults and numbers are written", () => {
    const changes: readonly (readonly [string, string])[] = [["context = 32Ki", "context = 32_768"], ["blend gpt * 4, qwen * 2, steady * 6", "blend gpt * 2, qwen, steady * 3"], ["  pick = weighted\n", ""], ["enum(team, free)", "enum(free, team)"], ["can = [vision, tools,", "can = [tools, vision,"], ["/si", "/is"], ["never provider openai, scripted", "never provider scripted, openai"]];
    for (const [from, to] of changes) {
      expect(RICH).toContain(from);
      expect(digestOf(RICH.replace(from, to))).toBe(rich.bundle!.digest);
    }
  });

  test("depends on what the policy says", () => {
    for (const [from, to] of [["32Ki", "32k"], ["* 4", "* 5"], ["== false", "== true"], ["pii-local, not-there", "not-there, pii-local"], ["limit = 2 ", "limit = 3 "]] as const) {
      expect(digestOf(RICH.replace(from, to))).toMatch(/^sha256:/);
      expect(digestOf(RICH.replace(from, to))).not.toBe(rich.bundle!.digest);
    }
  });
});

describe("places", () => {
  test("every id of the policy has one, relative to the entry's folder", () => {
    const ids = new Set([...JSON.stringify({ ...rich.policy, automata: [] }).matchAll(/"id":"([^"]+)"/g)].map((match) => match[1]!));
    expect(new Set(Object.keys(rich.bundle!.about.places))).toEqual(ids);
    expect(new Set(Object.values(rich.bundle!.about.places).map((place) => place.file))).toEqual(new Set(["main.ward", "lib/secrets.ward"]));
    expect(rich.bundle!.about.entry).toBe("main.ward");
  });

  test("a file above the entry is named from the entry's folder", () => {
    const found = compile("policies/main.ward", hostOf({ "policies/main.ward": 'ward 1\nuse "../shared/t.ward" { t }\nmodel m { route = t }\n', "shared/t.ward": 'ward 1\nprovider p { kind = mock }\ntarget t = p "t" { context = 4Ki }\n' }));
    expect(found.bundle!.about.places["target:t"]).toEqual({ file: "../shared/t.ward", line: 3, column: 1, endLine: 3, endColumn: 35 });
    expect(found.bundle!.about.entry).toBe("main.ward");
  });

  test("docs travel with their ids", () => {
    expect(rich.bundle!.about.docs).toMatchObject({ "model:coding-balanced": "What clients ask for.", "rule:aws-keys": "Never shown, wherever it comes from." });
  });
});

describe("files", () => {
  const lib = 'ward 1\nprovider p { kind = mock }\ntarget t = p "t" { context = 4Ki }\ntarget other = p "o" { context = 4Ki }\n';

  test("a file that is used twice is one file", () => {
    const found = compiled('ward 1\nuse "./a.ward" { a }\nuse "./lib.ward" { t }\nmodel m { route = a }\nmodel n { route = t }\n', {
      "a.ward": 'ward 1\nuse "./lib.ward" { t }\ncascade a { try t }\n',
      "lib.ward": lib,
    });
    expect(said(found).filter((one) => one.includes("error"))).toEqual([]);
    expect(found.sources.map((source) => source.path)).toEqual(["main.ward", "a.ward", "lib.ward"]);
  });

  test.each([
    ["a missing file is an error at the `use`", 'use "./no.ward" { t }\nmodel m { route = t }', ["W0002 error: cannot read `./no.ward`"], ['"./no.ward"']],
    ["a file cannot be named absolutely", 'use "/etc/passwd" { t }', ["W0002 error: cannot use `/etc/passwd`: the path is absolute"], ['"/etc/passwd"']],
    ["a file cannot be fetched", 'use "https://example.org/a.ward" { t }', ["W0002 error: cannot use `https://example.org/a.ward`: there is no remote import"], ['"https://example.org/a.ward"']],
    ["an imported name is declared in its file", 'use "./lib.ward" { tt }\nmodel m { route = tt }', ["W1001 error: `./lib.ward` declares no `tt`"], ["tt"]],
    ["a name is imported once", 'use "./lib.ward" { t }\nuse "./lib.ward" { t }\nmodel m { route = t }', ["W1002 error: `t` is imported twice"], ["t"]],
    ["a name of another file is imported", 'use "./lib.ward" { t }\nmodel m { route = t }\nmodel n { route = other }', ["W1001 error: `other` is declared in another file and not imported in this one"], ["other"]],
    ["an import that nothing uses is said", 'use "./lib.ward" { t, other }\nmodel m { route = t }', ["W1003 warning: `other` is imported and never used"], ["other"]],
    ["a file does not use itself", 'use "./main.ward" { m }\nuse "./lib.ward" { t }\nmodel m { route = t }', ["W1003 error: files use each other in a circle: `main.ward` -> `main.ward`"], ['"./main.ward"']],
  ])("%s", (_law, text, messages, places) => {
    const found = compiled(`ward 1\n${text}\n`, { "lib.ward": lib });
    expect(said(found)).toEqual(messages);
    expect(pointedAt(found)).toEqual(places);
  });

  test("the help says how to import", () => {
    const found = compiled('ward 1\nuse "./lib.ward" { t }\nmodel m { route = t }\nmodel n { route = other }\n', { "lib.ward": lib });
    expect(found.diagnostics[0]?.help).toBe('import it: `use "./lib.ward" { other }`');
  });

  test("a circle of files is shown hop by hop", () => {
    const found = compiled('ward 1\nuse "./a.ward" { a }\n', { "a.ward": 'ward 1\nuse "./b/b.ward" { b }\nguard a { then refuse "a" }\n', "b/b.ward": 'ward 1\nuse "../main.ward" { m }\nguard b { then refuse "b" }\n' });
    expect(said(found)[0]).toBe("W1003 error: files use each other in a circle: `main.ward` -> `a.ward` -> `b/b.ward` -> `main.ward`");
    expect(found.diagnostics[0]?.labels.map((label) => `${label.span.file}: ${label.text}`)).toEqual(["main.ward: `main.ward` uses `a.ward`", "a.ward: `a.ward` uses `b/b.ward`"]);
  });

  test("an entry that cannot be read is one error and no program", () => {
    const found = compile("none.ward", hostOf({}));
    expect(said(found)).toEqual(["W0002 error: cannot read `none.ward`"]);
    expect(found).toMatchObject({ bundle: null, policy: null, bound: null, sources: [] });
  });

  test("what a library holds and nobody uses is not in the bundle", () => {
    expect(rich.policy!.providers.map((one) => one.id)).not.toContain("provider:elsewhere");
    expect(rich.policy!.rules.map((one) => one.id)).not.toContain("rule:not-imported");
  });
});

describe("what no model reaches", () => {
  test("is said where the entry declares it", () => {
    const found = compiled(library("model m { route = small }\nguard g { then never zone cloud }"));
    expect(said(found)).toEqual(["W1004 warning: target `large` is used by no model", "W1004 warning: guard `g` is used by no model"]);
  });

  test("is not said of a library", () => {
    expect(said(compiled(library("guard g { then never zone cloud }")))).toEqual([]);
  });
});

describe("what is not supported", () => {
  test.each([
    ["an alert", "alert a { when receipt.attempts > 2 }", "alerts are not supported by this version"],
  ])("%s is an honest error", (_what, declaration, message) => {
    expect(said(compiled(library(declaration)))).toEqual([`W0003 error: ${message}`]);
  });

  test("a library may hold it as long as nobody uses it", () => {
    expect(said(rich).filter((one) => one.startsWith("W0003"))).toEqual([]);
    const used = compiled('ward 1\nuse "./lib.ward" { t, r }\nmodel m { route = t  alerts = [r] }\n', { "lib.ward": 'ward 1\nprovider p { kind = mock }\ntarget t = p "t" { context = 4Ki }\nalert r { when receipt.attempts > 2 }\n' });
    expect(said(used)).toEqual(["W0003 error: alerts are not supported by this version"]);
  });
});

/** Part of the program cut out, said twice, or put elsewhere. */
const mutation = fc.record({ from: fc.nat(RICH.length), length: fc.nat(60), to: fc.nat(RICH.length), how: fc.constantFrom("cut", "double", "end", "move", "garble") });
const mutate = (text: string, { from, length, to, how }: { from: number; length: number; to: number; how: string }): string => {
  const [before, piece, after] = [text.slice(0, from), text.slice(from, from + length), text.slice(from + length)];
  switch (how) {
    case "cut": return before + after;
    case "double": return before + piece + piece + after;
    case "end": return before;
    case "garble": return `${before}\u{1F600}"/{${after}`;
    default: return (before + after).slice(0, to) + piece + (before + after).slice(to);
  }
};

describe("any text", () => {
  test("makes the compiler find something or emit a bundle, and never throw", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const found = compiled(mutations.reduce(mutate, RICH), RICH_FILES);
        expect(found.bundle === null).toBe(found.diagnostics.some((one) => one.severity === "error"));
      }),
      { numRuns: 200 },
    );
  });

  test("a name in place of another is an error or a policy", () => {
    const names = [...new Set(RICH.match(/[A-Za-z_][\w-]*/g))];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.constantFrom(...names), fc.nat(8), (from, to, nth) => {
        let seen = 0;
        const found = compiled(RICH.replaceAll(new RegExp(`(?<![\\w-])${from}(?![\\w-])`, "g"), (word) => (seen++ === nth ? to : word)), RICH_FILES);
        expect(found.bundle === null).toBe(found.diagnostics.some((one) => one.severity === "error"));
      }),
      { numRuns: 40 },
    );
  });
});
