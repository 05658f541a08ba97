// `ward eval BUNDLE|ENTRY`: the decision a gateway would take, with everything that led to it. Calls nobody.
import { RequestFacts, type Decision } from "#contracts";
import type { Loaded } from "#runtime";
import { decide, factsOf, factsOfChat, plan } from "#runtime/plan";
import { didYouMean } from "../bind/nearest.ts";
import { CONFIG } from "./config.ts";
import { decisionAsText } from "./decision-text.ts";
import { readText } from "./files.ts";
import { complain, EXIT, ok, wrong, type Io, type Result } from "./io.ts";
import { loaded } from "./program.ts";
import { COLOR, FORMAT, type Arguments, type Verb } from "./verb.ts";

export const evaluate: Verb = {
  name: "eval",
  about: "say how a request would be treated, and why",
  takes: "BUNDLE|ENTRY",
  least: 1,
  most: 1,
  flags: {
    request: { value: "FILE", about: "the request: JSON, or one a line in a .jsonl file (`-`: standard input)" },
    model: { value: "NAME", about: "the public model to ask for; wins over the request's own" },
    key: { value: "KEY", about: "draw alloys by this key; without one they stand in declared order" },
    format: FORMAT,
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "A request is a chat completions body, or facts:",
    '  { "model": "steady", "tokens": 2000, "needs": ["vision"], "facts": { "caller.tier": "team" } }',
    "What is left out is 0, false, empty or absent. What is not known is listed in \"unknown\": the",
    "decision then says which of it matters.",
  ].join("\n"),
  async run(args, io) {
    const program = loaded(args.given[0]!, args, io);
    if (!program.ok) return program.exit;
    const requests = await requestsOf(args, io);
    if (!requests.ok) return complain(io, requests.problem);
    const decisions: Decision[] = [];
    for (const { value, place } of requests.value) {
      const decision = await decisionOn(value, program.value, args);
      if (!decision.ok) return complain(io, { ...decision.problem, message: `${place}: ${decision.problem.message}` });
      decisions.push(decision.value);
    }
    if (args.text("format") === "json") io.out(decisions.map((one) => `${JSON.stringify(one, null, decisions.length === 1 && !manyIn(args) ? 2 : undefined)}\n`).join(""));
    else io.out(decisions.map(decisionAsText).join("\n"));
    return EXIT.clean;
  },
};

type Asked = { readonly value: unknown; readonly place: string };

function manyIn(args: Arguments): boolean {
  return args.text("request")?.endsWith(".jsonl") ?? false;
}

async function requestsOf(args: Arguments, io: Io): Promise<Result<readonly Asked[]>> {
  const path = args.text("request");
  if (path === undefined) return ok([{ value: {}, place: "the request" }]);
  const text = path === "-" ? ok(await io.stdin()) : readText(io.cwd, path);
  if (!text.ok) return text;
  const name = path === "-" ? "standard input" : `\`${path}\``;
  const whole = manyIn(args) ? undefined : json(text.value);
  if (whole !== undefined) return ok([{ value: whole, place: name }]);
  const lines = text.value.split("\n").map((line, index) => ({ line, place: `${name}, line ${index + 1}` })).filter(({ line }) => line.trim() !== "");
  const asked: Asked[] = [];
  for (const { line, place } of lines) {
    const value = json(line);
    // One that is not JSON among several is named by its line; a file that is no list of lines at all is named as a whole.
    if (value === undefined) return manyIn(args) || asked.length > 0 ? wrong(`${place} is not JSON`) : wrong(`${name} is not JSON`);
    asked.push({ value, place });
  }
  return asked.length === 0 ? wrong(`${name} holds no request`) : ok(asked);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function decisionOn(value: unknown, program: Loaded, args: Arguments): Promise<Result<Decision>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("a request is a JSON object");
  const request = "messages" in value ? ok(factsOfBody(value)) : factsIn(value);
  if (!request.ok) return request;
  const facts = request.value;
  const name = args.text("model") ?? facts.model;
  const models = program.policy.models;
  if (name === undefined && models.length !== 1) return wrong("which model is asked for?", `add --model: ${models.map((one) => one.name).join(", ")}`);
  const model = name === undefined ? models[0]! : program.modelNamed(name);
  if (model === null) return wrong(`unknown model \`${name}\``, didYouMean(name!, models.map((one) => one.name)) ?? `it serves ${models.map((one) => `\`${one.name}\``).join(", ")}`);
  const known = factsOf(program, facts);
  if (!known.ok) return wrong(known.problem.message, known.problem.help);
  const key = args.text("key");
  const how = { keys: key === undefined ? null : { fixed: key } };
  // Facts are those of the request as it is sent; to a body its rules on the request still add.
  if (!("messages" in value) || !model.rules.some((id) => program.rules.get(id)?.channel.kind === "request")) return ok(decide(plan(program, model, known.facts, how)));
  // The gateway is loaded only where somebody asks for what only it does.
  const { planChat } = await import("#runtime");
  return ok(decide(planChat(program, { body: value, model, request: facts, facts: known.facts }, how)));
}

function factsOfBody(value: object): RequestFacts {
  const body = value as Parameters<typeof factsOfChat>[0];
  const { model } = body;
  return typeof model === "string" ? { model, ...factsOfChat(body) } : factsOfChat(body);
}

function factsIn(value: object): Result<RequestFacts> {
  const parsed = RequestFacts.safeParse(value);
  if (parsed.success) return ok(parsed.data as RequestFacts);
  const issue = parsed.error.issues[0]!;
  if (issue.code === "unrecognized_keys") return wrong(`unknown field \`${issue.keys[0]}\``, didYouMean(issue.keys[0]!, Object.keys(RequestFacts.shape)) ?? `it may hold ${Object.keys(RequestFacts.shape).join(", ")}`);
  return wrong(`\`${issue.path.join(".")}\` is wrong: ${issue.message.toLowerCase()}`);
}
