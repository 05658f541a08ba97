// A gateway over real HTTP on loopback, serving a policy written in a test.
import { bundleText, compile, hostOf } from "#compiler";
import { load, serve, type Loaded, type ServeOptions } from "#runtime";
import type { KeysFile, Receipt } from "#contracts";
import { onTestFinished } from "vitest";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../../runtime/receipt/store.ts";
import { startUpstreamServer, type Answer, type UpstreamServer } from "../../support/upstream-server.ts";

export function loadedFrom(policy: string): Loaded {
  const { bundle, diagnostics } = compile("test.ward", hostOf({ "test.ward": `ward 1\n${policy}` }));
  if (bundle === null) throw new Error(`the policy does not compile: ${JSON.stringify(diagnostics.map((one) => [one.code, one.message]))}`);
  const result = load(bundleText(bundle));
  if (!result.ok) throw new Error(`the bundle does not load: ${result.problem.message}`);
  return result.loaded;
}

export type TestGateway = {
  readonly url: string;
  readonly port: number;
  readonly store: ReceiptStore;
  chat(body: object, more?: RequestInit): Promise<Response>;
  /** Every receipt so far, oldest first. */
  receipts(): Promise<readonly Receipt[]>;
  /** Other keys in place of those it was started with. */
  replaceKeys(file: KeysFile): Promise<void>;
  close(): Promise<void>;
};

export type GatewayTestOptions = Partial<Omit<ServeOptions, "loaded">>;

export async function gatewayFor(policy: string, options: GatewayTestOptions = {}): Promise<TestGateway> {
  const store = options.store ?? createMemoryStore();
  const result = await serve({ port: 0, ...options, store, loaded: loadedFrom(policy) });
  if (result.kind !== "serving") throw new Error(`the gateway does not serve: ${JSON.stringify(result)}`);
  const { serving } = result;
  onTestFinished(() => serving.close());
  return {
    url: serving.url,
    port: serving.port,
    store,
    chat: (body, more) =>
      fetch(`${serving.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body }), ...more, headers: { "content-type": "application/json", ...more?.headers } }),
    receipts: async () => (await store.list({ limit: 1000 })).receipts.toReversed(),
    replaceKeys: async (file) => {
      const { problems } = await serving.callers!.replace(file, serving.gateway.bundles.active);
      if (problems.length > 0) throw new Error(`the keys are not taken: ${JSON.stringify(problems)}`);
    },
    close: () => serving.close(),
  };
}

export async function upstream(answers: Parameters<typeof startUpstreamServer>[0]): Promise<UpstreamServer> {
  const server = await startUpstreamServer(answers);
  onTestFinished(() => server.close());
  return server;
}

/** Upstreams by name, one provider and one target of the same name each, written out as policy. */
export function targetsAt(servers: { readonly [name: string]: UpstreamServer | string }, fields = ""): string {
  return Object.entries(servers)
    .map(([name, server]) => {
      const base = typeof server === "string" ? server : server.base;
      return `provider p-${name} { kind = openai_compatible  base = "${base}"  timeout = { connect = 2s  first_token = 400ms  idle = 400ms  total = 20s } }
target ${name} = p-${name} "up-${name}" { context = 32k  output = 4k  can = [tools, json, logprobs]  price = $1/$2 ${fields} }`;
    })
    .join("\n");
}

/** A model `m` whose text comes from mock scripts, one target. */
export function mockModel(replies: readonly (readonly (string | { readonly wait: number })[])[], rest: string): string {
  const scripts = replies.map((steps) => `[${steps.map((step) => (typeof step === "string" ? JSON.stringify(step) : `{ wait = ${step.wait}ms }`)).join(", ")}]`).join(", ");
  return `provider local { kind = mock }
target t = local "mock-1" { context = 32k  output = 4k  price = $1/$2  replies = [${scripts}] }
${rest}`;
}

export type Chunk = {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly { readonly index: number; readonly delta: { readonly role?: string; readonly content?: string | null; readonly reasoning_content?: string; readonly tool_calls?: readonly unknown[] }; readonly logprobs?: unknown; readonly finish_reason: string | null }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
  readonly error?: { readonly message: string; readonly code: string; readonly type: string };
};

/** A streamed answer taken apart: its events, the text of its first choice, and whether it ended as it should. */
export type Streamed = { readonly chunks: readonly Chunk[]; readonly text: string; readonly done: boolean; readonly error: Chunk["error"] | null; readonly finish: readonly string[] };

export async function streamed(response: Response): Promise<Streamed> {
  let body = "";
  try {
    const decoder = new TextDecoder();
    for await (const piece of response.body!) body += decoder.decode(piece, { stream: true });
  } catch {
    // A connection that was cut; what came before it counts.
  }
  return takeApart(body);
}

export function takeApart(body: string): Streamed {
  const events = body.split("\n\n").filter((event) => event !== "").map((event) => event.replace(/^data: /, ""));
  const done = events.at(-1) === "[DONE]";
  const chunks = events.filter((event) => event !== "[DONE]").map((event) => JSON.parse(event) as Chunk);
  const choices = chunks.flatMap((chunk) => (chunk.choices ?? []).filter((choice) => choice.index === 0));
  return {
    chunks,
    done,
    text: choices.map((choice) => choice.delta.content ?? "").join(""),
    error: chunks.find((chunk) => chunk.error !== undefined)?.error ?? null,
    finish: choices.flatMap((choice) => (choice.finish_reason === null ? [] : [choice.finish_reason])),
  };
}

export type { Answer };
