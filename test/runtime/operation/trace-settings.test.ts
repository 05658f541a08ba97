// Where traces go, as the command line and the standard variables say it.
import { readTraceSettings } from "#runtime";
import { expect, test } from "vitest";

const read = (given: string | undefined, env: { readonly [name: string]: string } = {}) => readTraceSettings(given, (name) => env[name]);
const settings = (given: string | undefined, env: { readonly [name: string]: string } = {}) => {
  const found = read(given, env);
  if (!found.ok) throw new Error(found.message);
  return found;
};

test.each<readonly [what: string, given: string | undefined, env: { readonly [name: string]: string }, url: string | null]>([
  ["nothing is said", undefined, {}, null],
  ["variables are there and empty", undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "" }, null],
  ["a base is given", "http://127.0.0.1:4318", {}, "http://127.0.0.1:4318/v1/traces"],
  ["a base with a path and a slash is given", "https://c.example.com/otlp/", {}, "https://c.example.com/otlp/v1/traces"],
  ["the path is given as well", "http://127.0.0.1:4318/v1/traces", {}, "http://127.0.0.1:4318/v1/traces"],
  ["the environment has a base", undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c.example.com:4318" }, "http://c.example.com:4318/v1/traces"],
  ["the environment has an address of traces, which is taken as it is", undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://a.example.com", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://b.example.com/in" }, "http://b.example.com/in"],
  ["both speak, and the command line has the word", "http://127.0.0.1:4318", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://a.example.com" }, "http://127.0.0.1:4318/v1/traces"],
  ["the environment turns telemetry off", undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://a.example.com", OTEL_SDK_DISABLED: "TRUE" }, null],
  ["the environment turns traces off", undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://a.example.com", OTEL_TRACES_EXPORTER: "none" }, null],
])("where %s, traces go there", (_, given, env, url) => {
  expect(settings(given, env).settings?.url ?? null).toBe(url);
});

test.each([
  ["collector:4318", "`--otlp` is not an http or https address"],
  ["ftp://c.example.com", "`--otlp` is not an http or https address"],
  ["", "`--otlp` is not an http or https address"],
  ["http://me:hush@c.example.com", "`--otlp` has a user or password in it"],
])("%j is no address, and what is said of it does not repeat it", (given, message) => {
  expect(read(given)).toMatchObject({ ok: false, message });
  expect(JSON.stringify(read(given))).not.toContain("hush");
});

test("a bad address of the environment is named by its variable", () => {
  expect(read(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "collector" })).toMatchObject({ ok: false, message: "`OTEL_EXPORTER_OTLP_ENDPOINT` is not an http or https address" });
});

test("sampler, queue and times are those of the environment, and the ones everybody has where it says nothing", () => {
  expect(settings("http://c.example.com").settings).toMatchObject({ sampler: "parentbased_always_on", ratio: 1, queue: 2048, batch: 512, delay: 5000, timeout: 5000 });
  const env = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25", OTEL_BSP_MAX_QUEUE_SIZE: "100", OTEL_BSP_SCHEDULE_DELAY: "10", OTEL_EXPORTER_OTLP_TIMEOUT: "700", OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "600" };
  expect(settings("http://c.example.com", env)).toMatchObject({ notes: [], settings: { sampler: "parentbased_traceidratio", ratio: 0.25, queue: 100, batch: 100, delay: 10, timeout: 600 } });
});

test("what cannot be taken is noted, and does not stop a gateway", () => {
  const { notes, settings: found } = settings("http://c.example.com", { OTEL_TRACES_SAMPLER: "jaeger_remote", OTEL_BSP_MAX_QUEUE_SIZE: "many", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" });
  expect(found).toMatchObject({ sampler: "parentbased_always_on", queue: 2048 });
  expect(notes).toEqual([expect.stringContaining("http/protobuf"), expect.stringContaining("`OTEL_TRACES_SAMPLER`"), expect.stringContaining("`OTEL_BSP_MAX_QUEUE_SIZE`")]);
  expect(settings("http://c.example.com", { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "7" })).toMatchObject({ notes: [expect.stringContaining("`OTEL_TRACES_SAMPLER_ARG`")], settings: { ratio: 1 } });
});
