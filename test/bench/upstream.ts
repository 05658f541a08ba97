// The bench's provider, a process of its own so that its work is not counted as ours: answers every chat completion with
// the same bytes, whole, or as a stream of `chunks` events. A `pace` in the prompt says how a stream comes: 0 is one packet
// with all of it, which is kindest to whoever copies packets; else one event every so many milliseconds, as models speak.
// In the prompt, because a gateway may drop fields that it does not know. Streams under way share one timer, so that pacing
// costs the machine little.
import { createServer, type ServerResponse } from "node:http";
import { answerUsage } from "./usage.ts";

const { chunks = "64" } = JSON.parse(process.argv[2] ?? "{}") as { chunks?: string };
const words = ["The ", "key ", "sk-", "prefix ", "of OldCl", "ient ", "(x) ", "aaaa", "bbbb ", "foo_bar "];

const event = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_700_000_000, model: "bench", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const text = Array.from({ length: Number(chunks) }, (_, at) => words[at % words.length]!);
const events = [event({ role: "assistant", content: "" }, null), ...text.map((content) => event({ content }, null)), event({}, "stop"), "data: [DONE]\n\n"].map((one) => Buffer.from(one));
const stream = Buffer.concat(events);
const whole = Buffer.from(
  JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "bench",
    choices: [{ index: 0, message: { role: "assistant", content: text.join("") }, finish_reason: "stop" }],
    usage: { prompt_tokens: 20, completion_tokens: text.length, total_tokens: 20 + text.length },
  }),
);

const paced = new Map<number, Map<ServerResponse, number>>();

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const asked = Buffer.concat(parts).toString();
    const streamed = asked.includes('"stream":true');
    const pace = Number(/pace=(\d+)/.exec(asked)?.[1] ?? 0);
    response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json" });
    if (!streamed) response.end(whole);
    else if (pace === 0) response.end(stream);
    else streamsOf(pace).set(response, 0);
  });
  response.on("close", () => {
    for (const streams of paced.values()) streams.delete(response);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" && address !== null ? address.port : 0 });
});
answerUsage();

function streamsOf(pace: number): Map<ServerResponse, number> {
  let streams = paced.get(pace);
  if (streams !== undefined) return streams;
  paced.set(pace, (streams = new Map()));
  const going = streams;
  setInterval(() => {
    for (const [response, at] of going) {
      response.write(events[at]!);
      if (at + 1 < events.length) going.set(response, at + 1);
      else {
        going.delete(response);
        response.end();
      }
    }
  }, pace);
  return streams;
}
