// The official client against a gateway over real HTTP. What it makes of recorded answers stands in recordings.test.ts.
import OpenAI, { APIError, BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError } from "openai";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, targetsAt, upstream, type Answer, type TestGateway } from "./gateway/harness.ts";
import { quickest } from "../support/quickest.ts";

function client(gateway: TestGateway): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
}

describe("the openai client", () => {
  test("gets a whole answer, and finds models", async () => {
    const a = await upstream([{ does: "json", body: completion("a whole answer", { service_tier: "flex", unheard_of: { of: 1 } }) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const openai = client(gateway);
    const { data, response } = await openai.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] }).withResponse();
    expect(data.choices[0]!.message.content).toBe("a whole answer");
    expect(data).toMatchObject({ model: "m", service_tier: "flex", unheard_of: { of: 1 } });
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect((await openai.models.list()).data.map((model) => model.id)).toEqual(["m"]);
    expect((await openai.models.retrieve("m")).id).toBe("m");
  });

  test("sends fields the gateway has never heard of, and the provider gets them", async () => {
    const a = await upstream([{ does: "json", body: completion("x") }]);
    const gateway = await gatewayFor(`${targetsAt({ a }, 'params = { temperature = 0.2  seed = 7 }')}\nmodel m { route = a }`);
    await client(gateway).chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }], temperature: 0.9, unheard_of: [1, 2] } as never);
    expect(a.seen[0]!.body).toMatchObject({ model: "up-a", temperature: 0.9, seed: 7, unheard_of: [1, 2] });
  });

  test("raises the error it has for each kind of problem", async () => {
    const limited = await upstream([{ does: "fails", status: 429 }]);
    const gateway = await gatewayFor(`${targetsAt({ limited })}
rule no-secret on text { match /secret/  then block "no" }
model limited-model { route = limited }
model refused { route = limited  guards = [never] }
guard never { then refuse "not for anyone" }
model unused { route = limited  rules = [no-secret] }`);
    const openai = client(gateway);
    const ask = (model: string) => openai.chat.completions.create({ model, messages: [{ role: "user", content: "hi" }] });
    await expect(ask("limited-model")).rejects.toBeInstanceOf(RateLimitError);
    await expect(ask("refused")).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(ask("nothing")).rejects.toBeInstanceOf(NotFoundError);
    await expect(openai.chat.completions.create({ model: "refused", messages: [] })).rejects.toBeInstanceOf(BadRequestError);
  });

  test("does not ask again where the gateway has used up its own chain", async () => {
    const a = await upstream([{ does: "fails", status: 500 }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const eager = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 3 });
    await expect(eager.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] })).rejects.toBeInstanceOf(APIError);
    expect(a.seen.length).toBe(1);
  });

  test("raises an error in mid-stream where the upstream was cut, after it got what was released", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    let text = "";
    const read = async (): Promise<void> => {
      const stream = await client(gateway).chat.completions.create({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] });
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    };
    await expect(read()).rejects.toThrow("ended before it was complete");
    expect(text).toBe("half");
  });

  test("sees an end by policy as a content filter", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["so far ", "so good, a secret"]) } as Answer]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nrule no-secret on text { match /secret/  then block "no" }\nmodel m { route = a  rules = [no-secret] }`);
    const final = await client(gateway).chat.completions.stream({ model: "m", messages: [{ role: "user", content: "hi" }] }).finalChatCompletion();
    expect([final.choices[0]!.finish_reason, final.choices[0]!.message.content]).toEqual(["content_filter", "so far so good, a "]);
  });

  test("aborts, and the upstream is let go within 50 ms", async () => {
    const once = async (): Promise<number> => {
      const a = await upstream([{ does: "stream", events: chatEvents(["on and on"], null), done: false, then: "hang" }]);
      const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
      const stream = await client(gateway).chat.completions.create({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] });
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content === undefined) continue;
        break;
      }
      const since = performance.now();
      stream.controller.abort();
      await a.seen[0]!.ended;
      const took = performance.now() - since;
      expect(a.seen[0]!.aborted).toBe(true);
      return took;
    };
    expect(await quickest(50, once)).toBeLessThan(50);
  });
});
