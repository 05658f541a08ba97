// Calls to providers: one attempt at a time, what it said, how it ended and how long it took.
//
//   const settings = resolveSettings(policy, ports.secrets);          // once, at start-up
//   const upstreams = openUpstreams({ settings: settings.providers, clock });
//   const startAttempt = createAttempts({ start: upstreams.start, clock });
//   const attempt = startAttempt({ target, provider, body, stream, nth, requestId, timeout }, sink);
export { createAttempts, type Attempt, type AttemptCall, type AttemptSink, type StartAttempt } from "./attempt.ts";
export { createLimiters, type Limiters, type Place, type Waiting } from "./limiter.ts";
export type { Measured, Said, Usage } from "./measured.ts";
export { resolveSettings, type Resolved, type SettingProblem } from "./settings.ts";
export { openUpstreams, type Upstreams } from "./upstreams.ts";
export type { ProviderSettings } from "./provider.ts";
export { PLAIN_REASONING } from "./chat-wire.ts";
export { speaks, takesReasoning } from "./providers/index.ts";
export { planRetry, type Backoff } from "./retry.ts";
export type { Failure, Upstream, UpstreamCall, UpstreamSink, UpstreamStart } from "./upstream.ts";
