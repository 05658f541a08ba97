// The soak's clients: a closed loop of them, each asking one thing after another, drawn from a seed: streamed and whole, of
// three surfaces, through upstreams that fail, leaving early, reading slowly. Every answer is held to what must come.
import { Agent, request as open, type ClientRequest, type IncomingMessage } from "node:http";
import type { Receipt } from "#contracts";
import { seeded } from "../support/upstream-server.ts";

/** What is asked, how often, and how it must be written down. Empty where nothing is decided, so that nothing is. */
export const KINDS = {
  answer: { weight: 40, model: "good", receipts: ["completed"] },
  survives: { weight: 14, model: "steady", receipts: ["completed"] },
  fails: { weight: 8, model: "flaky", receipts: ["failed", "truncated"] },
  redacted: { weight: 8, model: "card", receipts: ["completed"] },
  blocked: { weight: 6, model: "banned", receipts: ["blocked"] },
  leaves_early: { weight: 6, model: "slow", receipts: ["cancelled"] },
  leaves_midway: { weight: 8, model: "paced", receipts: ["cancelled"] },
  reads_slowly: { weight: 2, model: "large", receipts: ["completed"] },
  wrong: { weight: 8, model: "good", receipts: [] },
} as const satisfies { readonly [kind: string]: { readonly weight: number; readonly model: string; readonly receipts: readonly Receipt["status"][] } };
export type Kind = keyof typeof KINDS;

export type Asked = { readonly kind: Kind; readonly stream: boolean };

export type Clients = {
  /** By the id each one gave itself. */
  readonly asked: ReadonlyMap<string, Asked>;
  /** What was not as it must be; the first of them, and how many. */
  readonly wrong: readonly string[];
  readonly wrongs: number;
  stop(): Promise<void>;
};

const PATHS = { chat: "/v1/chat/completions", responses: "/v1/responses", messages: "/v1/messages" } as const;
type Surface = keyof typeof PATHS;
const ENDS: Readonly<Record<Surface, string>> = { chat: "data: [DONE]", responses: '"type":"response.completed"', messages: '"type":"message_stop"' };
const ERRORS: Readonly<Record<Surface, string>> = { chat: '"error":{', responses: '"response.failed"', messages: "event: error" };
const BAG: readonly Kind[] = (Object.keys(KINDS) as Kind[]).flatMap((kind) => Array.from({ length: KINDS[kind].weight }, () => kind));

export function startClients({ port, clients, seed }: { readonly port: number; readonly clients: number; readonly seed: number }): Clients {
  const agent = new Agent({ keepAlive: true });
  const asked = new Map<string, Asked>();
  const wrong: string[] = [];
  const draw = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  let wrongs = 0;
  const halt = new AbortController();
  let count = 0;

  const loops = Array.from({ length: clients }, async () => {
    const talk: Talk = { previous: null, turns: 0, at: 0 };
    while (!halt.signal.aborted) {
      const id = `c${count++}`;
      const kind = pick(BAG);
      const surface = pick(["chat", "responses", "messages"] as const);
      const stream = kind === "reads_slowly" || draw() < 0.6;
      asked.set(id, { kind, stream });
      const problem = await ask({ id, kind, surface, stream, talk });
      if (problem === null) continue;
      wrongs += 1;
      if (wrong.length < 10) wrong.push(`${kind}, ${surface}, ${stream ? "streamed" : "whole"}: ${problem}`);
    }
  });

  return {
    asked,
    wrong,
    get wrongs() {
      return wrongs;
    },
    async stop() {
      halt.abort();
      await Promise.all(loops);
      agent.destroy();
    },
  };

  /** What was wrong about the answer; null where it was as it must be. */
  async function ask(one: One): Promise<string | null> {
    const { id, kind, surface } = one;
    const request = open({ host: "127.0.0.1", port, path: PATHS[surface], method: "POST", agent, headers: { "content-type": "application/json", "x-client-request-id": id } });
    const answered = answerOf(request);
    // Nothing here takes a minute: an answer that does is one that never ends.
    const giveUp = setTimeout(() => request.destroy(new Error("no end")), 60_000);
    request.on("close", () => clearTimeout(giveUp));
    request.end(JSON.stringify(bodyOf(one)));
    if (kind === "leaves_early") {
      await after(40);
      request.destroy();
      await answered;
      return null;
    }
    const response = await answered;
    if (response === null) return "no answer";
    const told = await read(response, kind, request);
    if (kind === "leaves_midway") return null;
    if (kind === "answer" && surface === "responses") remember(one.talk, told);
    return problemOf(one, response.statusCode!, told);
  }
}

type One = { readonly id: string; readonly kind: Kind; readonly surface: Surface; readonly stream: boolean; readonly talk: Talk };

/** What a client goes on from, while it is surely remembered. */
type Talk = { previous: string | null; turns: number; at: number };
const MOST_TURNS = 4;
const REMEMBERED = 1000;

function remember(talk: Talk, told: string): void {
  const id = /"id":"(resp_[\w-]+)"/.exec(told)?.[1] ?? null;
  talk.turns = id === null || talk.turns === MOST_TURNS ? 0 : talk.turns + 1;
  talk.previous = talk.turns === 0 ? null : id;
  talk.at = performance.now();
}

function bodyOf({ kind, surface, stream, talk }: One): object {
  const said = kind === "wrong" ? 7 : "Say something about keys. ".repeat(20);
  const messages = [{ role: "user", content: said }];
  const base = { model: KINDS[kind].model, stream };
  const goesOn = kind === "answer" && talk.previous !== null && performance.now() - talk.at < REMEMBERED ? { previous_response_id: talk.previous } : {};
  return surface === "responses" ? { ...base, input: said, ...goesOn } : surface === "messages" ? { ...base, max_tokens: 500, messages } : { ...base, messages };
}

function answerOf(request: ClientRequest): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    request.on("response", resolve);
    request.on("error", () => resolve(null));
    request.on("close", () => resolve(null));
  });
}

async function read(response: IncomingMessage, kind: Kind, request: ClientRequest): Promise<string> {
  let body = "";
  let pieces = 0;
  try {
    for await (const piece of response) {
      body += String(piece);
      pieces += 1;
      if (kind === "leaves_midway" && pieces === 3) request.destroy();
      // A reader who takes less than the upstream gives, so that everything between them has to wait.
      if (kind === "reads_slowly" && pieces % 4 === 0) await after(10);
    }
  } catch {
    if (kind !== "leaves_midway") body += "\ncut";
  }
  return body;
}

function problemOf({ kind, surface, stream }: One, status: number, told: string): string | null {
  const is = (expected: number): string | null => (status === expected ? null : `HTTP ${status}: ${told.slice(0, 200)}`);
  const completes = !stream || told.includes(ENDS[surface]) ? null : `no end: ${told.slice(-200)}`;
  switch (kind) {
    case "wrong":
      return is(400);
    case "blocked":
      return stream && status === 200 ? (told.includes("OldClient") ? "what is blocked was given" : null) : is(422);
    case "fails":
      if (status !== 200) return [502, 503, 504].includes(status) ? null : is(503);
      return told.includes(ENDS[surface]) || !told.includes(ERRORS[surface]) ? `a clean end: ${told.slice(-200)}` : null;
    case "redacted":
      return is(200) ?? completes ?? (told.includes("4111") ? "what is redacted was given" : null);
    default:
      return is(200) ?? completes;
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
