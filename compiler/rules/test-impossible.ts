// LAW: every test can pass: its request can be made, and some request of its model shows what it expects.
import type { Span } from "#lang";
import type { Lookup } from "#runtime/plan";
import { named } from "#runtime/plan";
import { fieldName, listed, type BoundTest } from "../bind/index.ts";
import type { Asked } from "../check/asked.ts";
import type { Check, CheckContext } from "../check/context.ts";
import { targetsUnder } from "../check/graph.ts";
import type { Finding } from "./rule.ts";

const PROGRAM = (attempts: string): string => `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

model chat { route = small }
model long { route = large }

test "a greeting goes to the small one" {
  given { model = chat  prompt = "hello" }
  upstream small "hi"
  expect { attempts = [${attempts}]  released = "hi" }
}
`;

export const testImpossible: Check = {
  code: "W8002",
  name: "test-impossible",
  severity: "error",
  law: "every test gives a request that can be made, and expects what some request of its model can show",
  because: "a test that cannot pass says nothing of the policy, and one that is always red is soon looked past",
  avoid: PROGRAM("large"),
  prefer: PROGRAM("small"),
  *check(context) {
    for (const test of context.bound.tests) yield* ofTest(test, context);
  },
};

function* ofTest(test: BoundTest, context: CheckContext): Iterable<Finding> {
  const { given, expect, upstreams } = test;
  if (given === null || expect === null) return;
  yield* ofRequest(test);
  yield* ofOutcome(test);

  const { lookup } = context;
  const model = named(lookup.models, given.model.id);
  const reached = reachedBy(model.id, context);
  const cannot = { help: reached.size === 0 ? `\`${model.name}\` reaches no target` : `\`${model.name}\` can use ${listed([...reached].map((id) => named(lookup.targets, id).name))}` };
  for (const { target } of upstreams) {
    if (!reached.has(target.id)) yield { span: target.name.span, message: `no request of \`${model.name}\` comes to \`${target.to.name.text}\``, ...cannot };
  }
  for (const target of [...(expect.attempts ?? []), ...(expect.selected === null ? [] : [expect.selected])]) {
    if (!reached.has(target.id)) yield { span: target.name.span, message: `no request of \`${model.name}\` comes to \`${target.to.name.text}\``, ...cannot };
  }
  const rules = model.rules.map((id) => named(lookup.rules, id).name);
  for (const rule of [...(expect.fired ?? []), ...(expect.blocked === null ? [] : [expect.blocked])]) {
    if (!model.rules.includes(rule.id)) yield { span: rule.name.span, message: `\`${rule.to.name.text}\` is no rule of \`${model.name}\``, help: rules.length === 0 ? `\`${model.name}\` has no rules` : `its rules are ${listed(rules)}` };
  }
  const most = model.limits.attempts;
  if ((expect.attempts?.length ?? 0) > most) yield { span: fieldSpan(test, "attempts"), message: `no request of \`${model.name}\` makes more than ${most} attempt${most === 1 ? "" : "s"}`, help: "that is its limit: raise `limits.attempts`, or expect less" };
  yield* ofRefusal(test, context.models.find((one) => one.model.id === model.id) ?? null);
}

/** What is given contradicts itself. */
function* ofRequest({ given, node }: BoundTest): Iterable<Finding> {
  const { request, messages } = given!;
  if (messages === null || request.turn === undefined) return;
  const turns = messages.filter((message) => message["role"] === "assistant").length;
  if (turns === request.turn) return;
  const field = node.given.fields.find((one) => fieldName(one) === "turn")!;
  yield { span: field.span, message: `no request has these messages and is turn ${request.turn}`, help: `the messages make it turn ${turns}: leave \`turn\` out` };
}

/** What is expected contradicts itself: a request has one end. */
function* ofOutcome(test: BoundTest): Iterable<Finding> {
  const expect = test.expect!;
  const ends = (["refused", "blocked", "failed"] as const).filter((one) => expect[one] !== null);
  const [first, second] = ends;
  if (first !== undefined && second !== undefined) {
    yield { span: fieldSpan(test, second), message: `no request is ${first} and ${second} too`, help: "keep one of the two" };
    return;
  }
  if (first === undefined) return;
  const { status } = expect;
  if (status !== null && status !== first && !(first === "failed" && status === "truncated")) {
    yield { span: fieldSpan(test, "status"), message: `no request is ${first} with the status \`${status}\``, help: `\`${first}\` says it all: leave \`status\` out` };
  }
  if (first !== "refused" || expect.refused === "limit_reached") return;
  if ((expect.attempts?.length ?? 0) > 0) yield { span: fieldSpan(test, "attempts"), message: "a request that is refused makes no attempt", help: "leave `attempts` out" };
  if ((expect.released ?? "") !== "") yield { span: fieldSpan(test, "released"), message: "of a request that is refused nothing is released", help: "leave `released` out" };
}

/** A refusal with a code that no request of the model gets: proved. */
function* ofRefusal(test: BoundTest, asked: Asked | null): Iterable<Finding> {
  const code = test.expect!.refused;
  if (code === null || code === "limit_reached" || asked === null) return;
  const codes = new Set(asked.answers.leaves.flatMap(({ plan }) => plan.refusal?.code ?? []));
  if (codes.has(code)) return;
  const help = codes.size === 0 ? `\`${asked.model.name}\` refuses no request` : `its refusals are ${listed([...codes].sort())}`;
  yield { span: fieldSpan(test, "refused"), message: `no request of \`${asked.model.name}\` is refused with \`${code}\``, help };
}

/** Targets that some request of the model may use, guards considered; where nothing is proved, those of its routes. */
function reachedBy(id: string, { models, lookup }: CheckContext): ReadonlySet<string> {
  const asked = models.find((one) => one.model.id === id);
  if (asked !== undefined) return new Set(asked.everyRoute.flatMap((answers) => answers.leaves.flatMap(({ plan }) => plan.attempts.map((one) => one.target.id))));
  return reachedByGraph(id, lookup);
}

function reachedByGraph(id: string, lookup: Lookup): ReadonlySet<string> {
  const model = named(lookup.models, id);
  const routes = model.rules.flatMap((rule) => named(lookup.rules, rule).ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : [])));
  return new Set([model.route, ...routes].flatMap((route) => targetsUnder(lookup, route).map((target) => target.id)));
}

function fieldSpan({ node }: BoundTest, name: string): Span {
  return node.expect.fields.find((field) => fieldName(field) === name)!.span;
}
