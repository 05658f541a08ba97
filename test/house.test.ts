// The shape of the house: who may import whom, where each library lives, what stands at the top. A rule that is wrong is
// changed here, on purpose and with its reason; nothing is excepted silently.
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const FOLDERS = ["lang", "contracts", "runtime", "compiler"] as const;

/** Which front doors each folder may knock at. */
const DOORS: { readonly [folder: string]: readonly string[] } = {
  lang: [],
  contracts: [],
  runtime: ["#contracts"],
  compiler: ["#lang", "#contracts", "#runtime", "#runtime/load", "#runtime/plan", "#runtime/stream", "#runtime/workers"],
};

/** Where each library is at home: a folder (ending in `/`) or a file. */
const HOMES: { readonly [library: string]: readonly string[] } = {
  chevrotain: ["lang/"],
  zod: ["contracts/"],
  "@noble/hashes": ["contracts/", "runtime/"], // digests of bundles, draws of alloys
  ajv: ["runtime/load.ts", "runtime/stream/expect.ts"],
  hono: ["runtime/app/"],
  "@hono/node-server": ["runtime/app/"],
  "eventsource-parser": ["runtime/attempt/"],
  pino: ["runtime/operation/log.ts"],
  "prom-client": ["runtime/operation/metrics.ts"],
  "@opentelemetry/api": ["runtime/operation/traces.ts"],
  "@opentelemetry/exporter-trace-otlp-proto": ["runtime/operation/traces.ts"],
  "@opentelemetry/resources": ["runtime/operation/traces.ts"],
  "@opentelemetry/sdk-trace": ["runtime/operation/traces.ts"],
  undici: ["runtime/attempt/"],
  "@eslint-community/regexpp": ["compiler/patterns/"],
};

/** The edges: only here does anything touch the machine, so that language, analysis and planner also run in a browser. */
const EDGES = ["compiler/cli/", "contracts/generate.ts", "runtime/main.ts", "runtime/app/", "runtime/attempt/", "runtime/receipt/stores/", "runtime/workers/"];

const TOP = [
  ".ci", ".config", ".gitignore", ".oxlintrc.json", "LICENSE", "README.md", "compiler", "contracts", "examples", "lang",
  "package-lock.json", "package.json", "runtime", "test", "tsconfig.json",
];
/** What `.gitignore` names, and git itself. */
const NOT_OURS = [".git", ".vitest", ".wardwright", "coverage", "dist", "node_modules"];

const pkg = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly imports: { readonly [door: string]: { readonly "wardwright-source": string } };
  readonly dependencies: { readonly [name: string]: string };
  readonly devDependencies: { readonly [name: string]: string };
};

type Source = { readonly path: string; readonly folder: string; readonly text: string; readonly imports: readonly string[] };

const sources: readonly Source[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), "utf8");
      return { path, folder, text, imports: importsOf(text) };
    }),
);

function importsOf(text: string): readonly string[] {
  const forms = [/^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']/gm, /^import\s*["']([^"']+)["']/gm, /\bimport\(\s*["']([^"']+)["']/g];
  return forms.flatMap((form) => [...text.matchAll(form)].map((found) => found[1]!));
}

const isIn = (path: string, places: readonly string[]) => places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
const libraryOf = (name: string) => name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
const isLibrary = (name: string) => !/^(?:[.#]|node:)/.test(name);

/** The file an import of ours names; null for libraries. */
function targetOf(source: Source, name: string): string | null {
  if (name.startsWith("#")) return relative(ROOT, resolve(ROOT, pkg.imports[name]?.["wardwright-source"] ?? `no door ${name}`));
  return name.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(source.path), name)) : null;
}

/** `path: import` of every import that breaks a rule. */
const offenders = (breaks: (source: Source, name: string) => boolean) =>
  sources.flatMap((source) => source.imports.filter((name) => breaks(source, name)).map((name) => `${source.path}: ${name}`));

describe("imports", () => {
  test("are found by this test at all", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(importsOf('import type {\n  A,\n} from "./a.ts";\nexport * from "./b.ts";\nimport "./c.ts";\nconst d = await import("./d.ts");')).toEqual(["./a.ts", "./b.ts", "./c.ts", "./d.ts"]);
  });

  test("name files that exist, with their extension", () => {
    expect(offenders((source, name) => { const target = targetOf(source, name); return target !== null && !(/\.(?:ts|json)$/.test(target) && existsSync(join(ROOT, target))); })).toEqual([]);
  });

  test("of a folder stay inside it, or go to a front door it may use", () => {
    expect(offenders((source, name) => name.startsWith(".") && !targetOf(source, name)!.startsWith(`${source.folder}/`))).toEqual([]);
    expect(offenders((source, name) => name.startsWith("#") && !DOORS[source.folder]!.includes(name))).toEqual([]);
  });

  test("make no cycle, not even of types", () => {
    expect(cycles()).toEqual([]);
  });
});

describe("libraries", () => {
  test("each have one home", () => {
    expect(offenders((source, name) => isLibrary(name) && !isIn(source.path, HOMES[libraryOf(name)] ?? []))).toEqual([]);
  });

  test("that are dependencies are used, and those used are dependencies", () => {
    const used = new Set(sources.flatMap((source) => source.imports.filter(isLibrary).map(libraryOf)));
    expect([...used].sort()).toEqual(Object.keys(pkg.dependencies).sort());
    expect(Object.keys(HOMES).sort()).toEqual(Object.keys(pkg.dependencies).sort());
  });

  test("are pinned to exact versions", () => {
    expect(Object.entries({ ...pkg.dependencies, ...pkg.devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test("of the machine (node:*) are used at the edges only", () => {
    expect(offenders((source, name) => name.startsWith("node:") && !isIn(source.path, EDGES))).toEqual([]);
  });
});

describe("files", () => {
  test("have no default export", () => {
    expect(sources.filter((source) => /^export default\b|\bas default\b/m.test(source.text)).map((source) => source.path)).toEqual([]);
  });

  test("use no enum, no namespace and no any", () => {
    expect(sources.filter((source) => /^\s*(?:export )?(?:const )?(?:enum|namespace) \w+ \{|[:<(,|] ?any\b(?=[\s;,>)[\]|])/m.test(withoutText(source.text))).map((source) => source.path)).toEqual([]);
  });

  test("stand in folders named for what they hold", () => {
    const forbidden = /(?:^|\/)(?:utils?|helpers?|types|services|common|misc|lib)\//;
    expect(sources.map((source) => source.path).filter((path) => forbidden.test(path))).toEqual([]);
  });
});

test("nothing stands at the top that was not put there on purpose", () => {
  expect(readdirSync(ROOT).filter((name) => !NOT_OURS.includes(name)).sort()).toEqual([...TOP].sort());
});

/** Comments and texts say "any" as they like. */
function withoutText(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"/g, '""');
}

function cycles(): readonly string[] {
  const graph = new Map(sources.map((source) => [source.path, source.imports.map((name) => targetOf(source, name)).filter((path) => path !== null)]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" -> "));
    if (at >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of [...graph.keys()].sort()) visit(path, []);
  return found;
}
