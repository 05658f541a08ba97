// Receipts for tests: whole and valid, different only where a test says so.
import { RECEIPT_SCHEMA, type Receipt } from "#contracts";

export function receipt(id: string, changes: Partial<Receipt> = {}): Receipt {
  return {
    schema: RECEIPT_SCHEMA,
    id: `rcpt_${id}`,
    request_id: `req_${id}`,
    created: "2026-01-02T03:04:05.678Z",
    bundle: `sha256:${"0".repeat(64)}`,
    model: { id: "model:steady", name: "steady", requested: "steady" },
    surface: "chat",
    stream: false,
    simulated: false,
    caller: {},
    request: { model: "steady", tokens: 12 },
    decision: {
      model: "steady",
      outcome: "route",
      attempts: [{ target: "qwen", id: "target:qwen", step: null, retries: 0, on: [], timeout: null }],
      refusal: null,
      skipped: [],
      path: ["model:steady", "target:qwen"],
      alloys: [],
      rules: [],
      depends: [],
    },
    attempts: [
      {
        n: 1,
        target: "target:qwen",
        provider: "provider:local",
        because: null,
        upstream: { model: "qwen3", request_id: null },
        outcome: "ok",
        http_status: 200,
        ms: { headers: 1, first_token: 2, end: 3 },
        tokens: { input: 12, output: 3, source: "provider" },
        cost: 0,
        bytes: { received: 10, held: 0, released: 10 },
      },
    ],
    triggers: [],
    alerts: [],
    status: "completed",
    error: null,
    selected: "target:qwen",
    tokens: { input: 12, output: 3 },
    cost: 0,
    ms: { first_byte: 2, total: 3 },
    content: null,
    ...changes,
  };
}
