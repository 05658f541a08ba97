// The real command as a process of its own, for what only processes show: several of them, signals, sudden deaths.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { Run } from "./ward.ts";

const MAIN = fileURLToPath(new URL("../../compiler/cli/main.ts", import.meta.url));

/** What a busy machine may take for something that takes a moment. */
export const SOON = { timeout: 30_000, interval: 20 };

export type Command = {
  readonly pid: number;
  readonly out: string;
  readonly err: string;
  signal(signal: NodeJS.Signals): void;
  /** When it has ended and nothing it started holds its output. A signal is 128 and its number no more than -1 here. */
  readonly ended: Promise<Run>;
};

export function command(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Command {
  const child = spawn(process.execPath, ["-C", "wardwright-source", MAIN, ...words], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => void (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => void (err += data.toString()));
  const ended = once(child, "close").then(([code]): Run => ({ code: (code as number | null) ?? -1, out, err }));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    pid: child.pid!,
    get out() {
      return out;
    },
    get err() {
      return err;
    },
    signal: (signal) => void child.kill(signal),
    ended,
  };
}

export type Serving = Command & { readonly url: string };

/** Waits until it says where it serves. */
export async function serving(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Serving> {
  const started = command(cwd, ["serve", ...words], env);
  let over: Run | null = null;
  void started.ended.then((run) => (over = run));
  await expect.poll(() => (over === null ? started.out : `it ended: ${JSON.stringify(over)} try it`), SOON).toContain("try it");
  if (over !== null) throw new Error(`it does not serve: ${JSON.stringify(over)}`);
  return Object.defineProperties({ url: /http:\/\/[^\s/]+/.exec(started.out)![0] } as Serving, Object.getOwnPropertyDescriptors(started));
}

export type Answered = { readonly status: number; readonly headers: { readonly [name: string]: string | string[] | undefined }; readonly body: string; readonly json: never; /** False where the connection broke before the answer's end. */ readonly whole: boolean };
export type Asking = { readonly method?: string; readonly headers?: { readonly [name: string]: string }; readonly body?: unknown; readonly heard?: (text: string) => void };

/** On a connection of its own: with several workers each goes to the next one. Status 0 where there was no answer at all. */
export function ask(url: string, { method, headers = {}, body, heard }: Asking = {}): Promise<Answered> {
  return new Promise((resolve) => {
    const agent = new Agent({ keepAlive: false });
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const sent = request(url, { method: method ?? (body === undefined ? "GET" : "POST"), agent, headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers } }, (response) => {
      let all = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        all += piece;
        heard?.(all);
      });
      response.on("error", () => undefined);
      response.on("close", () => {
        let json: unknown = null;
        try {
          json = JSON.parse(all);
        } catch {
          // A stream, or a part of an answer.
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all, json: json as never, whole: response.complete });
      });
    });
    sent.on("error", () => resolve({ status: 0, headers: {}, body: "", json: null as never, whole: false }));
    sent.end(text);
  });
}

export const CHAT = { model: "chat", messages: [{ role: "user", content: "hi" }] };

export function chat(url: string, more: object = {}, options: Asking = {}): Promise<Answered> {
  return ask(`${url}/v1/chat/completions`, { body: { ...CHAT, ...more }, ...options });
}
