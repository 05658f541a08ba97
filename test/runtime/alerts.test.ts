// Alerts of a request: what its receipt says of itself, and which rules ask for one by acting.
import type { Alert, Condition } from "#contracts";
import { rehearsals, type Loaded } from "#runtime";
import { lookup } from "#runtime/plan";
import { describe, expect, test } from "vitest";
import { alertsOf } from "../../runtime/receipt/alerts.ts";
import { receipt } from "../support/receipt.ts";
import { loadedFrom } from "./gateway/harness.ts";

const base = loadedFrom(`facts { request.tier: enum(free, team) from header "X-Tier" }
provider local { kind = mock }
target qwen = local "qwen" { context = 32Ki  price = $1/$2 }
rule keys on text { match /sk-[a-z]{4}/  then redact "[key]" }
rule words on text { mode = shadow  match /word/  then block "no" }
model steady { route = qwen  rules = [keys, words] }`);

/** The same policy with alerts, as a compiled one has them; `rule` raises one of its own when it acts. */
function withAlerts(alerts: readonly (readonly [name: string, when: Condition | null])[], byRule: { readonly [rule: string]: readonly string[] } = {}): Loaded {
  const { policy } = base;
  const made = alerts.map(([name, when]): Alert => ({ id: `alert:${name}`, name, when, to: null, cooldown: 0 }));
  const changed = {
    ...policy,
    alerts: made,
    rules: policy.rules.map((rule) => ({ ...rule, alerts: byRule[rule.name] ?? [] })),
    models: policy.models.map((model) => ({ ...model, alerts: made.filter((one) => one.when !== null).map((one) => one.id) })),
  };
  return { ...base, ...lookup(changed) };
}

const compare = (fact: string, is: "==" | ">=", value: string | number | boolean): Condition => ({ op: "compare", fact, is, value });
const trigger = { rule: "rule:keys", channel: "text", attempt: 1, choice: 0, offset: 0, length: 1, action: "redact", mode: "enforce", held_bytes: 1, released_bytes: 0, violation_released: false, reason: null } as const;
const attempts = receipt("x").attempts;

describe("an alert is raised", () => {
  test.each<[string, Condition, Parameters<typeof receipt>[1], boolean]>([
    ["by the status", compare("receipt.status", "==", "failed"), { status: "failed" }, true],
    ["by no other status", compare("receipt.status", "==", "failed"), {}, false],
    ["by the number of attempts", compare("receipt.attempts", ">=", 2), { attempts: [...attempts, ...attempts] }, true],
    ["by attempts that were made alone", compare("receipt.attempts", ">=", 2), { attempts: [...attempts, { ...attempts[0]!, outcome: "not_started" }] }, false],
    ["by the cost", compare("receipt.cost", ">=", 5), { cost: 5 }, true],
    ["by no cost that is not known", compare("receipt.cost", ">=", 0), { cost: null }, false],
    ["by the latency", compare("receipt.latency", ">=", 100), { ms: { first_byte: 1, total: 100 } }, true],
    ["by a rule that fired", { op: "has", fact: "receipt.triggers", value: "keys" }, { triggers: [trigger] }, true],
    ["by no rule that did not", { op: "has", fact: "receipt.triggers", value: "words" }, { triggers: [trigger] }, false],
    ["by the code of a refusal", compare("receipt.refusal", "==", "guard_refused"), { status: "refused", error: { code: "guard_refused", message: "no", http_status: 403 } }, true],
    ["by an answer that was cut", compare("receipt.truncated", "==", true), { status: "truncated" }, true],
    ["by a fact of the request", compare("request.tier", "==", "free"), { request: { model: "steady", facts: { "request.tier": "free" } } }, true],
    ["by no fact that is absent", compare("request.tier", "==", "free"), {}, false],
  ])("%s", (_, when, changes, raised) => {
    expect(alertsOf(withAlerts([["a", when]]), receipt("x", changes))).toEqual(raised ? ["alert:a"] : []);
  });

  test("once, by its condition and a rule together, and by no rule in shadow", () => {
    const loaded = withAlerts([["a", compare("receipt.status", "==", "completed")], ["b", null], ["c", null]], { keys: ["alert:a", "alert:b"], words: ["alert:c"] });
    expect(alertsOf(loaded, receipt("x", { triggers: [trigger, trigger, { ...trigger, rule: "rule:words", mode: "shadow" }] }))).toEqual(["alert:a", "alert:b"]);
  });
});

test("the receipt of a request has its alerts", async () => {
  const loaded = withAlerts([["slow", compare("receipt.attempts", ">=", 9)], ["cost", compare("receipt.cost", ">=", 1)], ["leak", null]], { keys: ["alert:leak"] });
  const { receipt: got } = await rehearsals(loaded)({ request: { model: "steady", tokens: 10 }, messages: null, key: null, script: () => [{ do: "text", text: "a sk-abcd" }] });
  expect(got.alerts).toEqual(["alert:cost", "alert:leak"]);
});
