// One gateway with a model for every fault and every way to have an answer all the same, and what must come of each.
import { FAILURE_CLASSES, MOVES_ON_BY_DEFAULT, type FailureClass, type Receipt } from "#contracts";
import { serve } from "#runtime";
import { expect } from "vitest";
import { createMemoryStore } from "../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../runtime/receipt/store.ts";
import { startUpstreamServer, type Answer, type Seen, type UpstreamServer } from "../support/upstream-server.ts";
import { loadedFrom } from "./gateway/harness.ts";
import { faultsOf, neverEnds, PIECES, WHOLE, type Fault, type Manner } from "./matrix-faults.ts";
import { WIRES, type Wire, type WireKind } from "./matrix-wires.ts";
import { PATHS, post, question, told, type SurfaceName } from "./surfaces-harness.ts";

/**
 * alone     nothing stands behind the upstream
 * default   a second one does, on the classes a cascade moves on by when it does not say
 * replaced  … on every class
 * resumed   … and goes on from what was released, saying all of it again
 * goes on   … and saying only the rest
 * twice     as before, but the second one dies too, and a third one goes on from both
 * governed  as `goes on`, where a rule holds text back that dies with the upstream
 */
export const SCENES = ["alone", "default", "replaced", "resumed", "goes on", "twice", "governed"] as const;
const CONTINUED: readonly Scene[] = ["resumed", "goes on", "twice", "governed"];
export type Scene = (typeof SCENES)[number];

/** A fault, asked for in one manner. */
export type Case = { readonly at: number; readonly fault: Fault; readonly manner: Manner };
export type Cell = Case & { readonly surface: SurfaceName; readonly scene: Scene };

/** What is seen of a cell from outside, put into words that compare. */
export type Row = {
  readonly cell: string;
  readonly status: number;
  readonly text: string;
  /** The protocol says that the answer is over. */
  readonly ended: boolean;
  readonly error: string | null;
  readonly receipt: Receipt["status"];
  readonly receipts: number;
  readonly attempts: readonly string[];
  readonly released: number;
  readonly calls: number;
  readonly aborted: boolean;
  readonly leaked: boolean;
};

/** How a class is shown where nothing was given yet, and by what word afterwards. */
const SHOWN: Readonly<Record<FailureClass, readonly [status: number, code: string]>> = {
  rate_limit: [429, "rate_limit"],
  overloaded: [503, "overloaded"],
  timeout: [504, "timeout"],
  unavailable: [502, "unavailable"],
  malformed: [502, "malformed"],
  truncated: [502, "truncated"],
  auth: [502, "auth"],
  bad_request: [400, "bad_request"],
  context_exceeded: [400, "context_length_exceeded"],
  refused: [400, "refused"],
};

/** What must be seen of it: follows from the fault's class, from what was said before it, and from what stands behind. */
export function expectedOf(cell: Cell): Row {
  const { fault, manner, surface, scene } = cell;
  const { class: itsClass, said } = fault;
  const streamed = manner === "streamed";
  const moves = itsClass !== null && (scene === "default" ? MOVES_ON_BY_DEFAULT.includes(itsClass as never) : scene !== "alone");
  const survives = itsClass === null || (moves && (said === "" || CONTINUED.includes(scene)));
  const text = survives ? WHOLE : said;
  const begun = streamed && text !== "";
  const [status, code] = itsClass === null ? [200, ""] : SHOWN[itsClass];
  const attempts = [...(itsClass === null ? [] : [itsClass]), ...(itsClass !== null && scene === "twice" ? ["truncated"] : []), ...(survives ? ["ok"] : [])];
  return {
    cell: nameOf(cell),
    status: survives || begun ? 200 : status,
    text,
    ended: survives,
    // The responses API has a word of its own for it in a stream.
    error: survives ? null : surface === "responses" && begun && code === "rate_limit" ? "rate_limit_exceeded" : code,
    receipt: survives ? "completed" : begun ? "truncated" : "failed",
    receipts: 1,
    attempts,
    released: Buffer.byteLength(text),
    calls: attempts.length,
    aborted: neverEnds(fault),
    leaked: false,
  };
}

export type Matrix = {
  readonly cases: readonly Case[];
  play(cell: Cell): Promise<Row>;
  readonly receipts: readonly Receipt[];
  close(): Promise<void>;
};

/** Answers come from one upstream for all: the target's model name says which case it is, the question which cell. */
export async function openMatrix(kind: WireKind): Promise<Matrix> {
  const wire = WIRES[kind];
  const cases = casesOf(kind);
  const calls = new Map<string, Seen[]>();
  const server = await startUpstreamServer((seen) => {
    const cell = /<cell (\d+)>/.exec(seen.text)![1]!;
    calls.set(cell, [...(calls.get(cell) ?? []), seen]);
    return answerTo(wire, cases, seen);
  });
  const receipts: Receipt[] = [];
  const store: ReceiptStore = { ...createMemoryStore(), append: (receipt) => Promise.resolve(void receipts.push(receipt)) };
  const result = await serve({ port: 0, store, loaded: loadedFrom(policyOf(kind, cases, server)), secrets: () => KEY });
  if (result.kind !== "serving") throw new Error("the gateway does not serve");
  const { serving } = result;
  let count = 0;

  return {
    cases,
    async play(cell) {
      const number = String(count++);
      const seen = await ask({ url: serving.url, receipts }, cell, number);
      for (const secret of [KEY, "127.0.0.1", String(server.port)]) expect(seen.body).not.toContain(secret);
      const its = calls.get(number) ?? [];
      const ended = await Promise.race([Promise.all(its.map((call) => call.ended)).then(() => true), after(5000).then(() => false)]);
      return { ...seen.row, calls: its.length, aborted: its[0]?.aborted === true && neverEnds(cell.fault), leaked: !ended };
    },
    receipts,
    async close() {
      await serving.close();
      await server.close();
    },
  };
}

export function casesOf(kind: WireKind): readonly Case[] {
  return faultsOf(WIRES[kind]).flatMap((fault) => fault.in.map((manner) => ({ fault, manner }))).map((one, at) => ({ ...one, at }));
}

const KEY = "sk-canary-0123456789abcdef";

type Asked = { readonly url: string; readonly receipts: readonly Receipt[] };

async function ask({ url, receipts }: Asked, cell: Cell, number: string): Promise<{ readonly row: Omit<Row, "calls" | "aborted" | "leaked">; readonly body: string }> {
  const { surface, manner } = cell;
  const body = { ...question(surface, manner === "streamed", `<cell ${number}>`), model: `${modelOf(cell.scene)}-${cell.at}` };
  const answer = await told(surface, await post({ url }, PATHS[surface], body));
  const requestId = answer.headers.get("x-request-id");
  // Looked at when the answer's last byte has come: it must be there by then.
  const mine = receipts.filter((one) => one.request_id === requestId);
  const [receipt] = mine;
  if (receipt === undefined) throw new Error(`${nameOf(cell)} has left no receipt: ${answer.body}`);
  return {
    body: answer.body,
    row: {
      cell: nameOf(cell),
      status: answer.status,
      text: answer.text,
      ended: answer.end !== null,
      error: answer.error === null ? null : (answer.error.code ?? answer.error.type),
      receipt: receipt.status,
      receipts: mine.length,
      attempts: receipt.attempts.map((attempt) => attempt.outcome),
      released: receipt.attempts.reduce((sum, attempt) => sum + attempt.bytes.released, 0),
    },
  };
}

function nameOf({ fault, manner, surface, scene }: Cell): string {
  return `${fault.name}: ${surface}, ${manner}, ${scene}`;
}

function modelOf(scene: Scene): string {
  return scene.replace(" ", "-");
}

function answerTo(wire: Wire, cases: readonly Case[], seen: Seen): Answer {
  const asked = `${String(seen.body["model"])} ${seen.path}`;
  const at = /case-(\d+)/.exec(asked)?.[1];
  if (at !== undefined) return cases[Number(at)]!.fault.answer;
  const streamed = seen.body["stream"] === true || asked.includes(":streamGenerateContent");
  if (!streamed) return { does: "json", body: wire.whole(WHOLE) };
  const kept = wire.keptIn(seen.body);
  // What it is told to go on from is what the client has, or the cell shows it.
  if (!WHOLE.startsWith(kept)) return { does: "fails", status: 418 };
  const texts = asked.includes("again") ? PIECES : Array.from(WHOLE.slice(kept.length));
  const dies = asked.includes("half");
  const body = dies ? wire.frames(wire.open(texts.slice(0, texts.length / 2))) : wire.frames(wire.full(texts)) + wire.mark;
  return { does: "raw", headers: { "content-type": "text/event-stream" }, body, cuts: { seed: kept.length, longest: 900 }, then: dies ? "cut" : "end" };
}

function policyOf(kind: WireKind, cases: readonly Case[], { base }: UpstreamServer): string {
  const provider = (name: string, timeouts: string): string => `provider ${name} { kind = ${kind}  base = "${base}"  key = env(KEY)  timeout = { connect = 20s  ${timeouts} } }`;
  const target = (name: string, its: string, model: string): string => `target ${name} = ${its} "${model}" { context = 32k  output = 4k  can = [tools, json] }`;
  const any = `on = [${FAILURE_CLASSES.join(", ")}]`;
  const lines = [
    // Only what never ends is not waited for: on a busy machine a good answer may take its time.
    provider("patient", "first_token = 20s  idle = 20s  total = 60s"),
    provider("quick-streamed", "first_token = 600ms  idle = 600ms  total = 20s"),
    provider("quick-whole", "first_token = 20s  idle = 20s  total = 600ms"),
    target("again", "patient", "again"),
    target("rest", "patient", "rest"),
    target("half", "patient", "half"),
    `rule holding on text { match /Küche [^!]{0,200}!!/  then block "never" }`,
  ];
  for (const { at, fault, manner } of cases) {
    lines.push(
      target(`f${at}`, neverEnds(fault) && fault.class === "timeout" ? `quick-${manner}` : "patient", `case-${at}`),
      `cascade d${at} { try f${at}  try again }`,
      `cascade r${at} { try f${at} { ${any} }  try again }`,
      `cascade s${at} { resume = continue  try f${at} { ${any} }  try again }`,
      `cascade g${at} { resume = continue  try f${at} { ${any} }  try rest }`,
      `cascade t${at} { resume = continue  try f${at} { ${any} }  try half  try rest }`,
      `model alone-${at} { route = f${at} }`,
      `model default-${at} { route = d${at} }`,
      `model replaced-${at} { route = r${at} }`,
      `model resumed-${at} { route = s${at} }`,
      `model goes-on-${at} { route = g${at} }`,
      `model twice-${at} { route = t${at} }`,
      `model governed-${at} { route = g${at}  rules = [holding] }`,
    );
  }
  return lines.join("\n");
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
