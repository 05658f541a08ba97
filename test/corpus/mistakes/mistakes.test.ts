// Mistakes that are made with other gateways and found, there, by those whose request it is. Each is a policy modelled on one; what
// the checker says of it stands beside it. Said before the first request, proved where it is said, gone when the mistake is.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import type { RequestFacts } from "#contracts";
import type { Diagnostic } from "#lang";
import { load, type Loaded } from "#runtime";
import { decide, estimateTokens, factsOf, plan } from "#runtime/plan";
import { bundleText } from "#compiler";
import { renderText } from "../../../compiler/report/index.ts";
import { compileText } from "../../support/compile.ts";

type Mistake = { readonly code: string; readonly severity: Diagnostic["severity"]; readonly mended: readonly [text: string, by: string] };

const MISTAKES: { readonly [name: string]: Mistake } = {
  "smaller-fallback": { code: "W3008", severity: "warning", mended: ["  context = 8Ki", "  context = 256Ki"] },
  "unknown-model": { code: "W1001", severity: "error", mended: ["gtp-large", "gpt-large"] },
  "empty-intersection": { code: "W4003", severity: "info", mended: ["then only target gpt", 'and caller.data == internal then refuse "research keys are for public data"'] },
  "reminder-without-room": { code: "W6005", severity: "warning", mended: ["context = 96", "context = 8Ki"] },
  "alternate-by-messages": { code: "W3011", severity: "warning", mended: ["request.turn in [0, 2, 4, 6, 8]", "request.turn <= 8"] },
};

test("there are five, and each is in the table", () => {
  expect(readdirSync(new URL(".", import.meta.url)).filter((file) => file.endsWith(".ward"))).toEqual(Object.keys(MISTAKES).map((name) => `${name}.ward`).sort());
});

describe.each(Object.entries(MISTAKES))("%s", (name, { code, severity, mended: [text, by] }) => {
  it("is found, and nothing else is", async () => {
    const { diagnostics, sources } = compileText(read(name));
    expect(diagnostics.map((one) => [one.code, one.severity])).toEqual([[code, severity]]);
    await expect(renderText(diagnostics, sources)).toMatchFileSnapshot(`${name}.expected.txt`);
  });

  it("is not found where it was not made", () => {
    expect(read(name)).toContain(text);
    expect(compileText(read(name).replace(text, by)).diagnostics).toEqual([]);
  });
});

describe("what is said is what the runtime does", () => {
  it("a request as long as the witness has one target, and the fallback is skipped for its window", () => {
    const { program, witness } = found("smaller-fallback");
    const { attempts, skipped } = decisionOn(witness, program);
    expect(attempts.map((one) => one.target)).toEqual(["sonnet"]);
    expect(skipped).toEqual([{ target: "llama", reason: "context", id: "target:llama" }]);
    expect(decisionOn({ ...witness, tokens: witness.tokens! - 1 }, program).attempts.map((one) => one.target)).toEqual(["sonnet", "llama"]);
  });

  it("a program with a name that means nothing is not built at all", () => {
    expect(compileText(read("unknown-model")).bundle).toBeNull();
  });

  it("who is on two lists with nothing in common is refused, and not let through", () => {
    const { program, witness } = found("empty-intersection");
    const { outcome, attempts, refusal, skipped } = decisionOn(witness, program);
    expect({ outcome, attempts, code: refusal?.code }).toEqual({ outcome: "refuse", attempts: [], code: "guard_refused" });
    expect(skipped.map((one) => [one.target, one.id])).toEqual([["qwen", "guard:team-models"], ["gpt", "guard:key-models"]]);
  });

  it("the shortest request there is has no room for the reminder", () => {
    const { program } = found("reminder-without-room");
    const { limit, remind } = program.policy.rules[0]!.ladder.flatMap((step) => (step.kind === "retry" ? [{ limit: step.limit, remind: step.remind! }] : []))[0]!;
    expect(limit).toBe(3);
    expect(decisionOn({ tokens: 1 }, program).outcome).toBe("route");
    expect(decisionOn({ tokens: 1 + estimateTokens(remind) }, program).refusal?.code).toBe("context_length_exceeded");
  });

  it("in every turn it is asked in, the alloy comes to the same part", () => {
    const { program } = found("alternate-by-messages");
    const model = program.policy.models[0]!;
    for (let turn = 0; turn < 12; turn++) {
      for (const session of ["a", "b", "c"]) {
        const facts = factsOf(program, { turn });
        expect(decide(plan(program, model, facts.ok ? facts.facts : expect.fail(), { keys: { request: "r", session } })).attempts[0]!.target).toBe("sonnet");
      }
    }
  });
});

function found(name: string): { readonly program: Loaded; readonly witness: RequestFacts } {
  const { bundle, diagnostics } = compileText(read(name));
  const loaded = load(bundleText(bundle!));
  if (!loaded.ok) throw new Error(loaded.problem.message);
  return { program: loaded.loaded, witness: (diagnostics[0]!.witness ?? {}) as RequestFacts };
}

function decisionOn(request: RequestFacts, program: Loaded) {
  const facts = factsOf(program, request);
  if (!facts.ok) throw new Error(facts.problem.message);
  return decide(plan(program, program.policy.models[0]!, facts.facts, { keys: null }));
}

function read(name: string): string {
  return readFileSync(new URL(`${name}.ward`, import.meta.url), "utf8");
}
