// A gateway opened from the text of a bundle: the machine's own clock and environment where nobody says otherwise.
import { expect, test } from "vitest";
import { bundleText, compile, hostOf } from "#compiler";
import { openGateway } from "#runtime";

const bundleOf = (policy: string): string => bundleText(compile("p.ward", hostOf({ "p.ward": `ward 1\n${policy}` })).bundle!);

const CLOUD = bundleOf('provider cloud { kind = openai  key = env(EMBED_KEY)  base = env(EMBED_BASE) }\ntarget gpt = cloud "gpt" { context = 32Ki }\nmodel chat { route = gpt }\n');

test("all that the environment lacks is said at once, by name, and nothing is thrown", () => {
  const opened = openGateway(CLOUD, { secrets: () => undefined });
  expect(opened.ok ? [] : opened.problems.map((one) => /`(EMBED_\w+)`/.exec(one.message)?.[1]).sort()).toEqual(["EMBED_BASE", "EMBED_KEY"]);
});

test("a text that is no bundle, or was changed, is a problem with its help", () => {
  for (const text of ["", "{}", CLOUD.replace("gpt", "gtp")]) {
    const opened = openGateway(text);
    expect(opened).toEqual({ ok: false, problems: [{ message: expect.any(String), help: expect.stringContaining("ward build") }] });
  }
});

test("secrets that are handed in are used, and the process's environment where none are", async () => {
  const named: { readonly [name: string]: string } = { EMBED_KEY: "k", EMBED_BASE: "https://api.example.com/v1" };
  const opened = openGateway(CLOUD, { secrets: (variable) => named[variable] });
  expect(opened.ok).toBe(true);
  if (opened.ok) await opened.gateway.close();
  const plain = openGateway(CLOUD);
  expect(plain.ok).toBe(false);
});
