// The runtime's front door: a bundle in, a governed answer and a receipt out. It has never heard of the language.
export { load, type Loaded, type LoadResult, type Problem } from "./load.ts";
export * from "./plan/index.ts";
export { DEFAULT_STORE, openStore, readStore, type OpenedStore } from "./receipt/open-store.ts";
export { StoreError, type OwnStore, type ReceiptPage, type ReceiptQuery, type ReceiptStore } from "./receipt/store.ts";
export { openUpstreams, resolveSettings, type SettingProblem, type Upstreams } from "./attempt/index.ts";
export { planChat } from "./gateway/governed.ts";
export type { Bundles, Open, Opened, Steering, Swapped } from "./gateway/bundles.ts";
export { createGateway, MAX_BODY, type Gateway, type GatewayOptions } from "./app/create-gateway.ts";
export { DEFAULT_HOST, DEFAULT_PORT, serve, systemPorts, type Running, type ServeOptions, type ServeResult, type Serving } from "./main.ts";
export { openCallers, type Callers, type KeyFindings } from "./callers/index.ts";
export { drawKeysOf, rehearsals, type Rehearsal, type Rehearse, type Rehearsed, type ScriptOf } from "./gateway/rehearse.ts";
export { createMemoryConversations, DEFAULT_CONVERSATIONS, type Conversations, type Recalled, type Turn, type Wanted } from "./conversations/index.ts";
export { LOG_LEVELS, openLog, type Log, type LogLevel } from "./operation/log.ts";
export { openTraces, type Traces, type TracesOptions } from "./operation/traces.ts";
export { readTraceSettings, type ReadTraces, type TraceSettings } from "./operation/trace-settings.ts";
export { watchAll, type Ended, type EndsWatch, type Watch } from "./operation/watch.ts";
export type { Chance, Clock, Ports, Secrets } from "./ports.ts";
