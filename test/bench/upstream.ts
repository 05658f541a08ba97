// The bench's provider, a process of its own so that its work is not counted as ours: answers every chat completion
// with the same bytes, streamed (`chunks` events at once) or whole.
import { createServer } from "node:http";

const { chunks = "64" } = JSON.parse(process.argv[2] ?? "{}") as { chunks?: string };
const words = ["The ", "key ", "sk-", "prefix ", "of OldCl", "ient ", "(x) ", "aaaa", "bbbb ", "foo_bar "];

const event = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_700_000_000, model: "bench", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const text = Array.from({ length: Number(chunks) }, (_, at) => words[at % words.length]!);
const events = [event({ role: "assistant", content: "" }, null), ...text.map((content) => event({ content }, null)), event({}, "stop")];
const stream = Buffer.from(`${events.join("")}data: [DONE]\n\n`);
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

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const streamed = Buffer.concat(parts).includes('"stream":true');
    response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json" });
    response.end(streamed ? stream : whole);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" && address !== null ? address.port : 0 });
});
process.on("disconnect", () => process.exit(0));
