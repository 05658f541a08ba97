// Binds tests: the names in them, and what they give and expect by its types.
import { CALLER_FACTS } from "#runtime/plan";
import type { MockStep, RequestFacts } from "#contracts";
import type { Diagnostic, Field, RecordValue, Test, Upstream, Value } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { mismatch, type Binder } from "./binder.ts";
import type { BoundGiven, BoundTest, BoundUpstream } from "./bound.ts";
import { fieldName, readFields, type FieldsOf, type Reading } from "./fields.ts";
import { EXPECT, GIVEN, readFacts } from "./test-tables.ts";

/** Two tests of one file need two titles: reports call them by it. */
export function checkTitles(tests: readonly Test[], report: (found: Diagnostic) => void): void {
  const first = new Map<string, Test>();
  for (const { title, ...test } of tests) {
    const key = JSON.stringify([title.span.file, title.value]);
    const before = first.get(key);
    if (before !== undefined) report(diagnose(duplicateName, { span: title.span, message: "two tests have the same title", labels: [{ span: before.title.span, text: "first given here" }], help: "reports call a test by its title: change one of the two" }));
    else first.set(key, { title, ...test });
  }
}

export function bindTest(node: Test, binder: Binder): BoundTest {
  const reading: Omit<Reading, "what" | "at"> = { owner: node, names: binder.names, report: binder.report };
  const given = bindGiven(node, binder, { ...reading, what: "`given`", at: node.given.span });
  const upstreams = node.upstreams.flatMap((upstream) => bindUpstream(upstream, node, binder) ?? []);
  const expect = readFields(EXPECT, node.expect.fields, { ...reading, what: "`expect`", at: node.expect.span });
  if (node.expect.fields.length === 0) mismatch(node.expect, "this test expects nothing", "say what it shows, such as `attempts = […]` or `released = \"…\"`", binder);
  return { kind: "test", node, given, upstreams, expect };
}

// ── given ────────────────────────────────────────────────────────────────────────────────────────────────────

function bindGiven(node: Test, binder: Binder, reading: Reading): BoundGiven | null {
  const isFact = (field: Field): boolean => field.name.kind === "string" || fieldName(field) === "caller" || fieldName(field) === "facts";
  const plain = readFields(GIVEN, node.given.fields.filter((field) => !isFact(field)), reading);
  const facts = bindFacts(node, binder);
  if (plain === null || facts === null) return null;
  const messages = bindMessages(plain, node.given, binder);
  if (messages === "wrong") return null;
  const { tokens, output, stream, turn, needs, model, key } = plain;
  const request: RequestFacts = {
    ...(tokens === null ? {} : { tokens }),
    ...(output === null ? {} : { output }),
    ...(stream === null ? {} : { stream }),
    ...(turn === null ? {} : { turn }),
    ...(needs === null ? {} : { needs }),
    ...facts,
  };
  return { model, request, messages, key };
}

function bindFacts(node: Test, binder: Binder): Pick<RequestFacts, "caller" | "facts"> | null {
  const context = { known: new Map<string, Field>(), owner: node, binder };
  const quoted = readFacts(node.given.fields.filter((field) => field.name.kind === "string"), "", context);
  const inside = (["caller", "facts"] as const).map((name) => {
    const value = valueOf(node.given, name);
    if (value === null) return new Map<never, never>();
    if (value.kind === "record") return readFacts(value.fields, name === "caller" ? "caller." : "", context);
    mismatch(value, `\`${name}\` must be a record`, name === "caller" ? 'write `caller = { session = "s-1" }`' : 'write `facts = { "request.tags" = […] }`', binder);
    return null;
  });
  if (quoted === null || inside.some((one) => one === null)) return null;
  const values = new Map([...quoted, ...inside.flatMap((one) => [...one!])]);
  const caller = CALLER_FACTS.flatMap((name) => (values.has(`caller.${name}`) ? [[name, values.get(`caller.${name}`)] as const] : []));
  const declared = [...values].filter(([name]) => binder.facts.places.has(name));
  return { ...(caller.length === 0 ? {} : { caller: Object.fromEntries(caller) }), ...(declared.length === 0 ? {} : { facts: Object.fromEntries(declared) }) };
}

/** As a chat body has them; null where the test speaks of facts only. */
function bindMessages({ prompt, messages }: FieldsOf<typeof GIVEN>, given: RecordValue, binder: Binder): BoundGiven["messages"] | "wrong" {
  const at = valueOf(given, "messages");
  if (messages === null || at === null) return prompt === null ? null : [{ role: "user", content: prompt }];
  const wrong = (message: string, help: string): "wrong" => {
    mismatch(at, message, help, binder);
    return "wrong";
  };
  if (prompt !== null) return wrong("`prompt` and `messages` are both given", "write the prompt as the last of the messages");
  if (messages.length === 0) return wrong("`messages` is empty", 'write `messages = [{ role = user  content = "…" }]`');
  let count = 0;
  let open: readonly string[] = [];
  const bound: { readonly [key: string]: string | null | readonly object[] }[] = [];
  for (const { role, content, calls } of messages) {
    if (calls.length > 0 && role !== "assistant") return wrong(`a message of role \`${role}\` calls tools`, "only the assistant calls tools");
    if (role === "tool") {
      const [id, ...rest] = open;
      if (id === undefined) return wrong("a message of role `tool` answers no call", 'put the call before it: `{ role = assistant  calls = [{ name = "…" }] }`');
      open = rest;
      bound.push({ role, tool_call_id: id, content: content ?? "" });
      continue;
    }
    const made = calls.map((call) => ({ id: `call_${count++}`, type: "function", function: { name: call.name, arguments: call.arguments } }));
    open = made.map((call) => call.id);
    bound.push(made.length === 0 ? { role, content: content ?? "" } : { role, content, tool_calls: made });
  }
  return bound as BoundGiven["messages"];
}

function valueOf(record: RecordValue, name: string): Value | null {
  return record.fields.find((field) => field.name.kind === "name" && fieldName(field) === name)?.value ?? null;
}

// ── upstreams ────────────────────────────────────────────────────────────────────────────────────────────────

function bindUpstream(node: Upstream, owner: Test, binder: Binder): BoundUpstream | null {
  const target = binder.names.resolve(node.target, ["target"], owner);
  const steps = node.steps.map((step, index): MockStep => {
    const after = node.steps[index - 1];
    if (after !== undefined && (after.kind === "fails" || after.kind === "hangs" || after.kind === "cuts")) mismatch(step, `nothing comes after \`${after.kind}\``, "it ends the attempt: write the next attempt as an `upstream` of its own", binder);
    switch (step.kind) {
      case "text": return { do: "text", text: step.text.value };
      case "reasoning": return { do: "reasoning", text: step.text.value };
      case "tool": return { do: "tool", name: step.name.value, arguments: step.arguments?.value ?? "{}" };
      case "fails": {
        const { value } = step.status;
        if (!Number.isSafeInteger(value) || value < 400 || value > 599) mismatch(step.status, "`fails` takes an HTTP status from 400 to 599", "write `fails 429`, `fails 503` or another one", binder);
        if (index > 0) mismatch(step, "`fails` is the status of an answer, so nothing comes before it", "for an answer that breaks off write `cuts`", binder);
        return { do: "fails", status: value, retry_after: null };
      }
      case "hangs": case "cuts": return { do: step.kind };
    }
  });
  return target === null ? null : { node, target, steps };
}
