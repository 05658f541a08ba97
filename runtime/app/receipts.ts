// Receipts over HTTP: one by its id, or a page of them, newest first.
import { RECEIPT_STATUSES, type Receipt } from "#contracts";
import { badRequest, problem } from "../gateway/problem.ts";
import { StoreError, type ReceiptQuery, type ReceiptStore } from "../receipt/store.ts";
import type { Reply } from "./reply.ts";

export async function oneReceipt(store: ReceiptStore, id: string): Promise<Reply> {
  const receipt = await store.get(id);
  if (receipt === null) return { kind: "problem", problem: problem(404, `there is no receipt \`${id.slice(0, 200)}\``, { param: "id", code: "receipt_not_found" }) };
  return { kind: "json", body: receipt };
}

export async function someReceipts(store: ReceiptStore, asked: Readonly<Record<string, string>>): Promise<Reply> {
  const query = readQuery(asked);
  if (query.kind === "problem") return query;
  try {
    const { receipts, next } = await store.list(query.query);
    return { kind: "json", body: { object: "list", data: receipts, next } };
  } catch (error) {
    if (error instanceof StoreError && error.problem === "bad_cursor") return { kind: "problem", problem: badRequest("`cursor` is not one this gateway gave out", "cursor") };
    throw error;
  }
}

const MOST = 200;
const USUAL = 20;
const TEXTS = ["cursor", "model", "session", "run"] as const;

function readQuery(asked: Readonly<Record<string, string>>): { readonly kind: "query"; readonly query: ReceiptQuery } | Extract<Reply, { kind: "problem" }> {
  for (const key of Object.keys(asked)) {
    if (key !== "limit" && key !== "status" && !(TEXTS as readonly string[]).includes(key)) {
      return { kind: "problem", problem: badRequest(`receipts cannot be asked for by \`${key.slice(0, 100)}\``, key) };
    }
  }
  const limit = Number(asked["limit"] ?? USUAL);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) return { kind: "problem", problem: badRequest(`\`limit\` must be a whole number from 1 to ${MOST}`, "limit") };
  const status = asked["status"];
  if (status !== undefined && !isStatus(status)) return { kind: "problem", problem: badRequest(`\`status\` must be one of ${RECEIPT_STATUSES.map((one) => `\`${one}\``).join(", ")}`, "status") };
  const texts = TEXTS.flatMap((key) => (asked[key] === undefined ? [] : [[key, asked[key]] as const]));
  return { kind: "query", query: { limit, ...(status === undefined ? {} : { status }), ...Object.fromEntries(texts) } };
}

function isStatus(status: string): status is Receipt["status"] {
  return (RECEIPT_STATUSES as readonly string[]).includes(status);
}
