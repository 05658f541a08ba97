import { describe, expect, test } from "vitest";
import type { Provider, Setting } from "#contracts";
import { resolveSettings } from "../../../runtime/attempt/index.ts";
import { aProvider } from "./harness.ts";

const env = (variable: string, fallback: string | null = null): Setting => ({ from: "env", variable, fallback });
const literal = (value: string): Setting => ({ from: "literal", value });
const resolve = (over: Partial<Provider>, secrets: Record<string, string> = {}) => resolveSettings({ providers: [aProvider(over)] }, (variable) => secrets[variable]);
const problems = (over: Partial<Provider>, secrets: Record<string, string> = {}) => {
  const resolved = resolve(over, secrets);
  return resolved.ok ? [] : resolved.problems;
};

const base = (secrets: Record<string, string>) => {
  const resolved = resolve({ base: env("BASE", "http://fallback/v1") }, secrets);
  return resolved.ok ? resolved.providers.get("provider:up")!.base?.href : null;
};

describe("a provider's settings", () => {
  test("are read from policy and environment", () => {
    const resolved = resolve({ base: env("BASE", "http://127.0.0.1:1/v1"), key: env("KEY"), headers: { "X-B": literal("b"), "X-A": env("A") } }, { KEY: "k", A: "a" });
    expect(resolved.ok && resolved.providers.get("provider:up")).toMatchObject({ base: new URL("http://127.0.0.1:1/v1"), key: "k", headers: [["x-a", "a"], ["x-b", "b"]] });
  });

  test("a variable that is set wins over the fallback, an empty one does not", () => {
    expect(base({ BASE: "http://set/v1" })).toBe("http://set/v1");
    expect(base({ BASE: "" })).toBe("http://fallback/v1");
  });

  test("a missing variable is named with its provider, whatever is missing at once", () => {
    const found = problems({ base: env("BASE"), key: env("KEY"), headers: { "x-a": env("A") } });
    expect(found.map((problem) => problem.variable)).toEqual(["BASE", "KEY", "A"]);
    for (const problem of found) {
      expect(problem.message).toContain(`\`${problem.variable}\``);
      expect(problem.message).toContain("`up`");
      // An address may stand in the policy, a secret may not.
      expect(problem.help).toContain(problem.variable === "BASE" ? '`env(BASE, "…")`' : `\`env(${problem.variable}, "")\``);
    }
  });

  test("an empty fallback makes a key optional", () => {
    const resolved = resolve({ key: env("KEY", "") });
    expect(resolved.ok && resolved.providers.get("provider:up")!.key).toBeNull();
  });

  test.each<[string, Partial<Provider>]>([
    ["an address that is none", { base: env("V") }],
    ["a key with a line break", { key: env("V") }],
    ["a header with a line break", { headers: { "x-a": env("V") } }],
  ])("%s is a problem that does not say the value", (_, over) => {
    const secret = "sk-canary\nvalue";
    const found = problems(over, { V: secret });
    expect(found).toHaveLength(1);
    expect(found[0]!.variable).toBe("V");
    expect(JSON.stringify(found)).not.toContain("canary");
  });

  test.each<[string, Partial<Provider>]>([
    ["a file address", { base: literal("file:///etc/passwd") }],
    ["no address", { base: null }],
    ["a password in the address", { base: literal("http://user:hidden@127.0.0.1/v1") }],
    ["a header that frames the message", { headers: { "Content-Length": literal("1") } }],
    ["a header that is no name", { headers: { "x a": literal("1") } }],
  ])("%s is a problem", (_, over) => {
    const found = problems(over);
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain("hidden");
  });

  test("a mock needs neither address nor key", () => {
    expect(resolve({ kind: "mock", base: null }).ok).toBe(true);
  });

  test.each(["openai", "openai_compatible", "ollama", "vllm", "openrouter", "litellm", "anthropic", "gemini", "mock"] as const)("providers of kind %s can be called", (kind) => {
    expect(resolve({ kind }).ok).toBe(true);
  });
});
