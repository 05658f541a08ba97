import { describe, expect, test } from "vitest";
import { bundleSchema } from "#contracts";
import { Ajv2020 } from "ajv/dist/2020.js";
import { folderOf } from "../support/ward.ts";

const good = 'ward 1\n\nprovider local { kind = mock zone = home }\ntarget echo = local "echo" { context = 32Ki price = $3/$15 output = 4Ki }\nmodel chat { route = echo }\n';

async function built(text = good) {
  const folder = folderOf({ "policy.ward": text });
  const run = await folder.run(["build", "policy.ward", "-o", "out.json"]);
  return { folder, run };
}

test("a build writes a bundle that has the shape of the contract and prints its digest", async () => {
  const { folder, run } = await built();
  const bundle = JSON.parse(folder.read("out.json")) as { readonly digest: string };
  expect(run).toEqual({ code: 0, out: `${bundle.digest}\n`, err: "" });
  expect(new Ajv2020({ strict: false }).validate(bundleSchema, bundle)).toBe(true);
});

test("the same text gives the same bytes wherever it stands, and layout does not change the digest", async () => {
  const first = await built();
  const second = await built();
  expect(second.folder.read("out.json")).toBe(first.folder.read("out.json"));
  expect(first.folder.read("out.json")).not.toContain(first.folder.path);
  const loose = await built(good.replaceAll(" {", "\n  // why\n {"));
  expect(loose.run.out).toBe(first.run.out);
  expect(loose.folder.read("out.json")).not.toBe(first.folder.read("out.json"));
});

test("`-o -` prints the bundle itself", async () => {
  const { folder } = await built();
  const { code, out, err } = await folder.run(["build", "policy.ward", "-o", "-"]);
  expect(code).toBe(0);
  expect(out).toBe(folder.read("out.json"));
  expect(err).toMatch(/^sha256:[0-9a-f]{64}\n$/);
});

test("a program with errors is not built", async () => {
  const { folder, run } = await built(good.replace("route = echo", "route = ecko"));
  expect([run.code, run.out]).toEqual([1, ""]);
  expect(run.err).toContain("W1001");
  expect(() => folder.read("out.json")).toThrow("ENOENT");
});

describe("`--verify`", () => {
  test("ends with 0 where a build gives the same bundle", async () => {
    const { folder, run } = await built();
    expect(await folder.run(["build", "policy.ward", "--verify", "out.json"])).toEqual({ code: 0, out: run.out, err: "" });
  });

  test("ends with 1 where the policy changed, and names both digests", async () => {
    const { folder, run } = await built();
    folder.write("policy.ward", good.replace("32Ki", "64Ki"));
    const { code, err } = await folder.run(["build", "policy.ward", "--verify", "out.json"]);
    expect(code).toBe(1);
    expect(err).toContain(run.out.trim());
  });

  test("ends with 1 where only places changed, and says so", async () => {
    const { folder } = await built();
    folder.write("policy.ward", good.replace("model", "\n\nmodel"));
    const { code, err } = await folder.run(["build", "policy.ward", "--verify", "out.json"]);
    expect(code).toBe(1);
    expect(err).toContain("the same policy, but is not the same bundle");
  });

  test("ends with 1 on what is no bundle", async () => {
    const { folder } = await built();
    expect(await folder.run(["build", "policy.ward", "--verify", "policy.ward"])).toMatchObject({ code: 1, err: "ward: `policy.ward` is not a bundle\n" });
  });
});

describe("`ward inspect`", () => {
  test("says the same of a bundle and of its source", async () => {
    const { folder } = await built();
    const fromSource = await folder.run(["inspect", "policy.ward"]);
    expect(fromSource.code).toBe(0);
    expect(await folder.run(["inspect", "out.json"])).toEqual(fromSource);
  });

  test("prints what scripts rely on", async () => {
    const { folder, run } = await built();
    const { out } = await folder.run(["inspect", "out.json", "--format", "json"]);
    expect(JSON.parse(out)).toMatchObject({
      digest: run.out.trim(),
      // (32768 - 4096) tokens at $3 and 4096 at $15 per million, and the provider's ten minutes
      models: [{ name: "chat", aliases: [], worst: { attempts: 1, cost: 147_456, wall: 600_000 }, zones: ["home"], targets: ["target:echo"], rules: [] }],
    });
  });

  test("refuses a bundle with one changed byte, and ends with 2", async () => {
    const { folder } = await built();
    folder.write("out.json", folder.read("out.json").replace("32768", "32769"));
    const { code, out, err } = await folder.run(["inspect", "out.json"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("was changed after it was built");
  });
});
