// The providers' own clients ask a question of a gateway, and what each one makes of the answer is brought to one shape.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { Said } from "../support/recordings.ts";
import type { SurfaceName } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- answers of three protocols, some with fields their clients' types do not know
type Json = any;

/** `end` is in the protocol's own words. `everything` is all that came, as text; `turn` is the answer as its client sends it back. */
export type Heard = Omit<Said, "end" | "signatures"> & { readonly end: string; readonly model: string; readonly everything: string; readonly turn: readonly Json[] };

/** `more` are the turns behind what is said. */
export type Question = { readonly url: string; readonly model: string; readonly said: string; readonly stream: boolean; readonly more?: readonly Json[]; readonly fetch?: typeof fetch };

export function hear(surface: SurfaceName, question: Question): Promise<Heard> {
  return { chat: hearChat, responses: hearResponses, messages: hearMessages }[surface](question);
}

function openai({ url, fetch: its }: Question): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0, ...(its === undefined ? {} : { fetch: its }) });
}

async function hearChat(question: Question): Promise<Heard> {
  const { model, said, stream, more = [] } = question;
  const asked = { model, messages: [{ role: "user" as const, content: said }, ...more] };
  const chunks: Json[] = [];
  let reasoning = "";
  /** Fields its helper does not know it keeps the last piece of. */
  let details: Json[] = [];
  let answer: Json;
  if (stream) {
    const events = openai(question).chat.completions.stream({ ...asked, stream_options: { include_usage: true } });
    events.on("chunk", (chunk: Json) => {
      chunks.push(chunk);
      reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
      details = [...details, ...(chunk.choices[0]?.delta.reasoning_details ?? [])];
    });
    answer = await events.finalChatCompletion();
  } else {
    answer = await openai(question).chat.completions.create(asked);
    reasoning = answer.choices[0].message.reasoning_content ?? "";
  }
  const [{ message, finish_reason }] = answer.choices;
  const { usage } = answer;
  const calls = (message.tool_calls ?? []).map((call: Json) => {
    const text = call.function?.arguments ?? call.custom.input;
    return { id: call.id, name: (call.function ?? call.custom).name, input: call.custom === undefined ? JSON.parse(text) : text, text };
  });
  const counts = { input: usage.prompt_tokens, output: usage.completion_tokens, cacheRead: usage.prompt_tokens_details?.cached_tokens ?? 0, reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0 };
  return { text: message.content ?? "", reasoning, calls, end: finish_reason, usage: counts, model: answer.model, everything: JSON.stringify([answer, chunks]), turn: [details.length === 0 ? message : { ...message, reasoning_content: reasoning, reasoning_details: details }] };
}

async function hearResponses(question: Question): Promise<Heard> {
  const { model, said, stream, more = [] } = question;
  const asked = { model, input: more.length === 0 ? said : [{ role: "user" as const, content: said }, ...more], store: false, include: ["reasoning.encrypted_content" as const] };
  const events: Json[] = [];
  let response: Json;
  let deltas = { text: "", reasoning: "" };
  if (stream) {
    const its = openai(question).responses.stream(asked);
    its.on("event", (event: Json) => {
      events.push(event);
      if (event.type === "response.output_text.delta") deltas = { ...deltas, text: deltas.text + event.delta };
      if (event.type === "response.reasoning_summary_text.delta") deltas = { ...deltas, reasoning: deltas.reasoning + event.delta };
    });
    response = await its.finalResponse();
  } else {
    response = await openai(question).responses.create(asked);
  }
  const of = (...types: string[]): Json[] => response.output.filter((item: Json) => types.includes(item.type));
  const whole = {
    text: of("message").flatMap((item) => item.content).map((part: Json) => part.text).join(""),
    reasoning: of("reasoning").flatMap((item) => item.summary).map((part: Json) => part.text).join(""),
  };
  // What was heard on the way is what stands in the end.
  if (stream && (deltas.text !== whole.text || deltas.reasoning !== whole.reasoning)) throw new Error(`the deltas say ${JSON.stringify(deltas)} and the response says ${JSON.stringify(whole)}`);
  const calls = of("function_call", "custom_tool_call").map((item) => {
    const text = item.arguments ?? item.input;
    return { id: item.call_id, name: item.name, input: item.type === "function_call" ? JSON.parse(text) : text, text };
  });
  const { usage } = response;
  const counts = { input: usage.input_tokens, output: usage.output_tokens, cacheRead: usage.input_tokens_details.cached_tokens, reasoning: usage.output_tokens_details.reasoning_tokens };
  return { ...whole, calls, end: response.incomplete_details?.reason ?? response.status, usage: counts, model: response.model, everything: JSON.stringify([response, events]), turn: response.output };
}

async function hearMessages(question: Question): Promise<Heard> {
  const { url, model, said, stream, more = [], fetch: its } = question;
  const client = new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0, ...(its === undefined ? {} : { fetch: its }) });
  const asked = { model, max_tokens: 1000, messages: [{ role: "user" as const, content: said }, ...more] };
  const message: Json = stream ? await client.messages.stream(asked).finalMessage() : await client.messages.create(asked);
  const of = (type: string): Json[] => message.content.filter((block: Json) => block.type === type);
  const { input_tokens, cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite, output_tokens: output } = message.usage;
  return {
    text: of("text").map((block) => block.text).join(""),
    reasoning: of("thinking").map((block) => block.thinking).join(""),
    calls: of("tool_use").map((block) => ({ id: block.id, name: block.name, input: block.input, text: null })),
    end: message.stop_reason,
    // Reasoning is not counted apart here.
    usage: { input: input_tokens + (cacheRead ?? 0) + (cacheWrite ?? 0), output, cacheRead: cacheRead ?? 0, reasoning: 0 },
    model: message.model,
    everything: JSON.stringify(message),
    turn: [{ role: "assistant", content: message.content }],
  };
}
