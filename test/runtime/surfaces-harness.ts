// Answers of every surface, streamed or not, as what they say: one shape for tests that hold for all of them.
import type { TestGateway } from "./gateway/harness.ts";

export type SurfaceName = "chat" | "responses" | "messages";
export const SURFACES: readonly SurfaceName[] = ["chat", "responses", "messages"];

/** `end` is how the protocol says that it is over; null where it does not. `broken` is an error behind a part of the answer. */
export type Told = {
  readonly status: number;
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly end: string | null;
  readonly error: { readonly type: string; readonly code: string | null; readonly message: string } | null;
  readonly headers: Headers;
  /** What came, to look at more closely. */
  readonly events: readonly Json[];
  readonly body: string;
};

// oxlint-disable-next-line typescript/no-explicit-any -- answers of three protocols, read by tests alone
type Json = any;

export function post(gateway: Pick<TestGateway, "url">, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
}

/** A model `m` on a mock target that can do everything asked of it here and says `steps`, as a policy writes them. */
export function scripted(steps: string, rest = "model m { route = t }"): string {
  return `provider local { kind = mock }\ntarget t = local "mock-1" { context = 32Ki  output = 8k  can = [tools, parallel_tools, reasoning, json]  price = $1/$2  replies = [[${steps}]] }\n${rest}`;
}

export const PATHS: Record<SurfaceName, string> = { chat: "/v1/chat/completions", responses: "/v1/responses", messages: "/v1/messages" };

/** The same question on each surface. */
export function question(surface: SurfaceName, stream: boolean, said = "hi"): Json {
  const base = { model: "m", ...(stream ? { stream: true } : {}) };
  switch (surface) {
    case "chat":
      return { ...base, messages: [{ role: "user", content: said }] };
    case "responses":
      return { ...base, input: said };
    case "messages":
      return { ...base, max_tokens: 100, messages: [{ role: "user", content: said }] };
  }
}

export async function ask(gateway: TestGateway, surface: SurfaceName, body: Json): Promise<Told> {
  const response = await post(gateway, PATHS[surface], body);
  return told(surface, response);
}

export async function told(surface: SurfaceName, response: Response): Promise<Told> {
  const body = await bodyOf(response);
  const streamed = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const events: Json[] = streamed ? eventsOf(body) : [JSON.parse(body)];
  const about = { status: response.status, headers: response.headers, events, body };
  if (!streamed && response.status !== 200) {
    return { ...about, text: "", reasoning: "", calls: [], end: null, error: events[0].error };
  }
  const reader = { chat: streamed ? chatStream : chatWhole, responses: streamed ? responsesStream : responsesWhole, messages: streamed ? messagesStream : messagesWhole }[surface];
  return { ...about, ...reader(streamed ? events : events[0]) };
}

type Said = Pick<Told, "text" | "reasoning" | "calls" | "end" | "error">;

async function bodyOf(response: Response): Promise<string> {
  let body = "";
  try {
    const decoder = new TextDecoder();
    for await (const piece of response.body!) body += decoder.decode(piece, { stream: true });
  } catch {
    // A connection that was cut; what came before it counts.
  }
  return body;
}

export function eventsOf(body: string): Json[] {
  return body
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const data = event.split("\n").find((line) => line.startsWith("data: "))!.slice("data: ".length);
      if (data === "[DONE]") return data;
      const json = JSON.parse(data);
      const name = event.split("\n").find((line) => line.startsWith("event: "))?.slice("event: ".length);
      if (name !== undefined && name !== json.type) throw new Error(`an event is called ${name} and says that it is ${json.type}`);
      return json;
    });
}

function chatStream(events: Json[]): Said {
  const calls: { name: string; arguments: string }[] = [];
  let text = "";
  let reasoning = "";
  let finish: string | null = null;
  let error = null;
  for (const event of events) {
    if (event === "[DONE]") continue;
    error ??= event.error ?? null;
    const [choice] = event.choices ?? [];
    text += choice?.delta.content ?? "";
    reasoning += choice?.delta.reasoning_content ?? "";
    finish = choice?.finish_reason ?? finish;
    for (const call of choice?.delta.tool_calls ?? []) {
      const its = (calls[call.index] ??= { name: "", arguments: "" });
      its.name += call.function.name ?? "";
      its.arguments += call.function.arguments ?? "";
    }
  }
  return { text, reasoning, calls, end: events.at(-1) === "[DONE]" ? finish : null, error };
}

function chatWhole({ choices: [choice] }: Json): Said {
  const { message, finish_reason } = choice;
  const calls = (message.tool_calls ?? []).map((call: Json) => ({ name: call.function.name, arguments: call.function.arguments }));
  return { text: message.content ?? "", reasoning: message.reasoning_content ?? "", calls, end: finish_reason, error: null };
}

/** Holds the stream to its own rules on the way: every block is started and stopped once, and counted from 0. */
function messagesStream(events: Json[]): Said {
  const blocks: Json[] = [];
  const open = new Set<number>();
  let stop: string | null = null;
  let error = null;
  for (const [at, event] of events.entries()) {
    if (error !== null) throw new Error(`something follows an error: ${JSON.stringify(event)}`);
    if ((event.type === "message_start") !== (at === 0) && event.type !== "error") throw new Error(`event ${at} is ${event.type}`);
    switch (event.type) {
      case "content_block_start":
        if (event.index !== blocks.length) throw new Error(`block ${event.index} follows ${blocks.length} others`);
        blocks.push({ ...event.content_block, json: "" });
        open.add(event.index);
        break;
      case "content_block_delta": {
        if (!open.has(event.index)) throw new Error(`block ${event.index} is not open`);
        const block = blocks[event.index];
        if (event.delta.type === "text_delta") block.text += event.delta.text;
        if (event.delta.type === "thinking_delta") block.thinking += event.delta.thinking;
        if (event.delta.type === "signature_delta") block.signature = event.delta.signature;
        if (event.delta.type === "input_json_delta") block.json += event.delta.partial_json;
        break;
      }
      case "content_block_stop":
        if (!open.delete(event.index)) throw new Error(`block ${event.index} is not open`);
        break;
      case "message_delta":
        if (open.size > 0) throw new Error("the message ends with a block open");
        stop = event.delta.stop_reason;
        break;
      case "error":
        error = event.error;
        break;
    }
  }
  const over = events.filter((event) => event.type === "message_stop").length;
  if (over > 1 || (over === 1 && events.at(-1).type !== "message_stop")) throw new Error("`message_stop` is not once and last");
  const calls = blocks.filter((block) => block.type === "tool_use").map((block) => ({ name: block.name, arguments: block.json }));
  return { ...saidIn(blocks), calls, end: over === 1 ? stop : null, error };
}

function messagesWhole({ content, stop_reason }: Json): Said {
  const calls = content.filter((block: Json) => block.type === "tool_use").map((block: Json) => ({ name: block.name, arguments: JSON.stringify(block.input) }));
  return { ...saidIn(content), calls, end: stop_reason, error: null };
}

function saidIn(blocks: Json[]): { text: string; reasoning: string } {
  return { text: blocks.map((block) => (block.type === "text" ? block.text : "")).join(""), reasoning: blocks.map((block) => (block.type === "thinking" ? block.thinking : "")).join("") };
}

/** Holds the stream to its own rules on the way: numbers in sequence, items added before and done after their deltas. */
function responsesStream(events: Json[]): Said {
  const items = new Map<number, Json>();
  let error = null;
  let last: Json = null;
  let text = "";
  let reasoning = "";
  const calls = new Map<number, { name: string; arguments: string }>();
  for (const [at, event] of events.entries()) {
    if (event.sequence_number !== at) throw new Error(`event ${at} has the number ${event.sequence_number}`);
    if ((event.type === "response.created") !== (at === 0)) throw new Error(`event ${at} is ${event.type}`);
    if (last !== null) throw new Error(`${event.type} follows the end`);
    const item = items.get(event.output_index);
    if (event.output_index !== undefined && event.type !== "response.output_item.added" && (item === undefined || item.done)) throw new Error(`${event.type} of an item that is not open`);
    switch (event.type) {
      case "response.output_item.added":
        if (event.output_index !== items.size) throw new Error(`item ${event.output_index} follows ${items.size} others`);
        items.set(event.output_index, { ...event.item, said: "", done: null });
        if (event.item.type === "function_call") calls.set(event.output_index, { name: event.item.name, arguments: "" });
        break;
      case "response.output_text.delta":
        item.said += event.delta;
        text += event.delta;
        break;
      case "response.output_text.done":
        if (event.text !== item.said) throw new Error(`the text was ${JSON.stringify(item.said)} and is done as ${JSON.stringify(event.text)}`);
        break;
      case "response.reasoning_summary_text.delta":
        reasoning += event.delta;
        break;
      case "response.function_call_arguments.delta":
        calls.get(event.output_index)!.arguments += event.delta;
        break;
      case "response.function_call_arguments.done":
        if (event.arguments !== calls.get(event.output_index)!.arguments) throw new Error("the arguments are done as others");
        break;
      case "response.output_item.done":
        if (event.item.id !== item.id || event.item.type !== item.type) throw new Error("an item is done as another");
        item.done = event.item;
        break;
      case "response.completed":
      case "response.incomplete":
        if ([...items.values()].some((one) => one.done === null)) throw new Error("the response ends with an item open");
        // Encrypted reasoning is encrypted anew each time it is said.
        if (readable(event.response.output) !== readable([...items.values()].map((one) => one.done))) throw new Error("the response's output is not its items");
        last = event;
        break;
      case "response.failed":
        last = event;
        error = event.response.error;
        break;
    }
  }
  const whole = last === null || error !== null ? null : endOf(last.response);
  return { text, reasoning, calls: [...calls.values()], end: whole, error };
}

function readable(output: readonly Json[]): string {
  return JSON.stringify(output.map((item) => ({ ...item, encrypted_content: null })));
}

function responsesWhole(response: Json): Said {
  const of = (type: string): Json[] => response.output.filter((item: Json) => item.type === type);
  const text = of("message").flatMap((item) => item.content).map((part: Json) => part.text ?? "").join("");
  const reasoning = of("reasoning").flatMap((item) => item.summary).map((part: Json) => part.text).join("");
  const calls = of("function_call").map((item) => ({ name: item.name, arguments: item.arguments }));
  return { text, reasoning, calls, end: endOf(response), error: null };
}

function endOf(response: Json): string {
  return response.incomplete_details?.reason ?? response.status;
}
