// What is certain of a decision while some facts are unknown. Each unknown fact is tried at values that stand for all it
// could have: one per class of values the policy can tell apart. If every combination gives one answer, that is the
// answer; otherwise it depends, exactly on the facts whose change alone changes it.
import { CAPABILITIES, type Capability, type Condition, type Model } from "#contracts";
import { answerText, type Plan } from "./decide.ts";
import { BUILT_IN_FACTS, type Facts, type Value } from "./facts.ts";
import { named, type Lookup } from "./lookup.ts";

export type Question = { readonly lookup: Lookup; readonly model: Model; readonly facts: Facts; readonly route: string };

/** More combinations than this are not tried; the decision then depends on every unknown fact the policy reads. */
const MAX_COMBINATIONS = 20_000;

export function residual(question: Question, planKnown: (facts: Facts) => Plan): Plan {
  const read = readable(question);
  const open = [...question.facts.unknown].filter((name) => read.isRead(name));
  const choices = open.flatMap((name): Choice[] => {
    const values = representatives(name, question, read);
    return values === null ? [] : [{ name, values }];
  });
  const size = choices.reduce((product, { values }) => product * values.length, 1);
  if (choices.length < open.length || size > MAX_COMBINATIONS) return vague(question.model, [], open);

  const plans: Plan[] = [];
  const answers: string[] = [];
  for (let at = 0; at < size; at++) {
    const plan = planKnown(withValues(question.facts, combination(choices, at)));
    plans.push(plan);
    answers.push(answerText(plan));
  }
  const matters = open.filter((_, index) => changesAnswer(answers, choices.map(({ values }) => values.length), index));
  return matters.length === 0 ? plans[0]! : vague(question.model, plans, matters);
}

type Choice = { readonly name: string; readonly values: readonly (Value | undefined)[] };

/** The `at`-th combination, the last fact changing fastest. */
function combination(choices: readonly Choice[], at: number): [string, Value | undefined][] {
  const picked: [string, Value | undefined][] = [];
  for (const { name, values } of choices.toReversed()) {
    picked.push([name, values[at % values.length]]);
    at = Math.floor(at / values.length);
  }
  return picked;
}

/** Whether two combinations that differ in this fact alone have different answers. */
function changesAnswer(answers: readonly string[], sizes: readonly number[], index: number): boolean {
  const stride = sizes.slice(index + 1).reduce((product, one) => product * one, 1);
  const block = stride * sizes[index]!;
  return answers.some((answer, at) => answer !== answers[Math.floor(at / block) * block + (at % stride)]);
}

/** What all plans agree on, and the rest left open. */
function vague(model: Model, plans: readonly Plan[], depends: readonly string[]): Plan {
  const shared = <T>(of: (plan: Plan) => readonly T[]): readonly T[] => {
    const [first, ...others] = plans.map((plan) => new Map(of(plan).map((one) => [JSON.stringify(one), one])));
    return [...(first ?? [])].filter(([text]) => others.every((other) => other.has(text))).map(([, one]) => one);
  };
  return {
    model, outcome: "depends", attempts: [], refusal: null, wording: "planner", skipped: shared((plan) => plan.skipped), path: shared((plan) => plan.path),
    alloys: [], rules: shared((plan) => plan.rules), depends, complete: true,
  };
}

function withValues(facts: Facts, picked: readonly (readonly [string, Value | undefined])[]): Facts {
  const values = new Map(facts.values);
  for (const [name, value] of picked) if (value !== undefined) values.set(name, value);
  const number = (name: string, otherwise: number): number => (values.get(name) as number | undefined) ?? otherwise;
  const needs = values.get("request.needs") as ReadonlySet<Capability> | undefined;
  // An unknown turn stays null: no few turns stand for all in an alloy that goes by it, so that one is not drawn.
  return { tokens: number("request.tokens", 0), output: number("request.output", 0), turn: facts.turn, needs: needs ?? new Set(), values, unknown: new Set() };
}

type Readable = {
  readonly constants: ReadonlyMap<string, ReadonlySet<string | number>>;
  readonly contexts: readonly number[];
  readonly outputs: readonly number[];
  isRead(name: string): boolean;
};

/** Everything a decision of this model can read: conditions on its way, and the sizes and abilities of its targets. */
function readable({ lookup, model, route }: Question): Readable {
  const constants = new Map<string, Set<string | number>>();
  const note = (fact: string, values: readonly (string | number | boolean)[]): void => {
    const known = constants.get(fact) ?? new Set();
    for (const value of values) if (typeof value !== "boolean") known.add(value);
    constants.set(fact, known);
  };
  const contexts = new Set<number>();
  const outputs = new Set<number>();
  const seen = new Set<string>();

  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const target = lookup.targets.get(id);
    const through = lookup.models.get(id);
    if (target !== undefined) {
      contexts.add(target.context);
      if (target.output !== null) outputs.add(target.output);
    } else if (through !== undefined) {
      visit(through.route);
    } else {
      const selector = named(lookup.selectors, id);
      if (selector.kind === "dispatcher") {
        for (const arm of selector.arms) {
          if (arm.when !== null) constantsOf(arm.when, note);
          if (arm.then.kind === "selector") visit(arm.then.id);
        }
      } else if (selector.kind === "cascade") selector.tries.forEach((step) => visit(step.selector));
      else selector.parts.forEach((part) => visit(part.selector));
    }
  };
  visit(route);
  for (const id of model.guards) constantsOf(named(lookup.guards, id).when, note);
  for (const id of model.rules) constantsOf(named(lookup.rules, id).when, note);

  const always = ["request.tokens", "request.output", "request.needs"];
  return { constants, contexts: [...contexts], outputs: [...outputs], isRead: (name) => constants.has(name) || always.includes(name) };
}

function constantsOf(condition: Condition | null, note: (fact: string, values: readonly (string | number | boolean)[]) => void): void {
  if (condition === null) return;
  switch (condition.op) {
    case "and":
    case "or":
      return condition.of.forEach((one) => constantsOf(one, note));
    case "not":
      return constantsOf(condition.of, note);
    case "absent":
      return note(condition.fact, []);
    case "in":
      return note(condition.fact, condition.values);
    default:
      return note(condition.fact, [condition.value]);
  }
}

/** Null where there are too many to try. */
function representatives(name: string, question: Question, read: Readable): readonly (Value | undefined)[] | null {
  const type = BUILT_IN_FACTS.get(name) ?? named(question.lookup.facts, name).type;
  const mentioned = [...(read.constants.get(name) ?? [])];
  switch (type.kind) {
    case "bool":
      return [false, true];
    case "enum":
      return [...type.values, undefined];
    case "string":
      return [...mentioned.map(String), unmentioned(mentioned.map(String)), undefined];
    case "set":
      return subsets(name === "request.needs" ? toldApart(question, mentioned.map(String)) : mentioned.map(String));
    case "int":
      if (name === "request.tokens") return tokenValues(question, read);
      if (name === "request.output") return outputValues(question, read);
      return BUILT_IN_FACTS.has(name) ? cutPoints(mentioned.map(Number), 0) : [...cutPoints(mentioned.map(Number), Number.MIN_SAFE_INTEGER), undefined];
    default:
      return unreachable(type);
  }
}

/** Where a whole-number axis can change its meaning: at each constant and just above it, and at its least value. */
function cutPoints(constants: readonly number[], least: number): number[] {
  const points = constants.flatMap((one) => [Math.ceil(one), Math.floor(one) + 1]).filter((one) => one > least && Number.isSafeInteger(one));
  return [least, ...new Set(points)].sort((left, right) => left - right);
}

/**
 * Cells of the plane of tokens and output are bounded by lines of each and by diagonals `tokens + output = context + 1`.
 * In a cell that is not empty, the point with the fewest tokens and then the least output lies on these values.
 */
function tokenValues({ facts, model }: Question, read: Readable): number[] {
  const lines = cutPoints(numbers(read, "request.tokens"), 0);
  const outputs = facts.unknown.has("request.output") ? outputLines(read) : [facts.output];
  const extra = read.contexts.flatMap((context) => [context + 1 - model.reserve, ...outputs.flatMap((one) => [context + 1 - one, context + 2 - one])]);
  return distinct([...lines, ...extra]);
}

function outputValues({ facts }: Question, read: Readable): number[] {
  const lines = outputLines(read);
  const tokens = facts.unknown.has("request.tokens") ? cutPoints(numbers(read, "request.tokens"), 0) : [facts.tokens];
  return distinct([...lines, ...lines.map((one) => one - 1), ...read.contexts.flatMap((context) => tokens.map((one) => context + 1 - one))]);
}

function outputLines(read: Readable): number[] {
  return [...cutPoints([...numbers(read, "request.output"), ...read.outputs], 0), 1];
}

function numbers(read: Readable, name: string): number[] {
  return [...(read.constants.get(name) ?? [])].map(Number);
}

function distinct(list: readonly number[]): number[] {
  return [...new Set(list.filter((one) => one >= 0))].sort((left, right) => left - right);
}

/** The capabilities a condition names or some target lacks; the others change nothing. */
function toldApart({ lookup }: Question, mentioned: readonly string[]): string[] {
  return CAPABILITIES.filter((one) => mentioned.includes(one) || [...lookup.targets.values()].some((target) => !target.can.includes(one)));
}

function subsets(of: readonly string[]): readonly ReadonlySet<string>[] | null {
  if (2 ** of.length > MAX_COMBINATIONS) return null;
  return Array.from({ length: 2 ** of.length }, (_, bits) => new Set(of.filter((_one, at) => (bits >> at) & 1)));
}

function unmentioned(values: readonly string[]): string {
  let text = "other";
  while (values.includes(text)) text += "-";
  return text;
}

function unreachable(value: never): never {
  throw new Error(`no such type: ${JSON.stringify(value)}`);
}
