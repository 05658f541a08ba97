// What a client hears of its key's limits: how much is left with every answer, and when to come back where nothing is.
import type { Bound, Left, Taken } from "../../callers/index.ts";
import { problem, type Problem } from "../problem.ts";

/** As OpenAI's clients read them. Of several rates (the key's, and its rate on the model) the one that is nearest. */
export function rateHeaders(left: readonly Left[]): Readonly<Record<string, string>> {
  const requests = nearest(left, "requests");
  const tokens = nearest(left, "tokens");
  // Whole names: one that is put together for every request is looked up anew each time.
  return {
    ...(requests === null ? {} : { "x-ratelimit-limit-requests": String(requests.bound.most), "x-ratelimit-remaining-requests": String(requests.left), "x-ratelimit-reset-requests": `${requests.reset}ms` }),
    ...(tokens === null ? {} : { "x-ratelimit-limit-tokens": String(tokens.bound.most), "x-ratelimit-remaining-tokens": String(tokens.left), "x-ratelimit-reset-tokens": `${tokens.reset}ms` }),
  };
}

function nearest(left: readonly Left[], measure: "requests" | "tokens"): Left | null {
  let found: Left | null = null;
  for (const one of left) if (one.bound.per === "minute" && one.bound.measure === measure && (found === null || one.left < found.left)) found = one;
  return found;
}

/** A rate is over in moments and worth waiting for; a budget is not, and asking again at once is of no use. */
export function overLimit({ bound, wait, left }: Extract<Taken, { readonly ok: false }>): Problem {
  const headers = { ...rateHeaders(left), "retry-after-ms": String(wait), "retry-after": String(Math.ceil(wait / 1000)) };
  const limit = `${shown(bound)} per ${bound.per}`;
  if (bound.per === "minute") return problem(429, `the API key's limit of ${limit} is reached; try again in ${Math.ceil(wait / 1000)} s`, { code: "rate_limit_exceeded", headers });
  return problem(429, `this request could pass the API key's budget of ${limit}; a smaller limit of output tokens may fit in what is left`, { type: "insufficient_quota", code: "insufficient_quota", headers: { ...headers, "x-should-retry": "false" } });
}

function shown({ measure, most }: Bound): string {
  return measure === "cost" ? `$${most / 1_000_000}` : `${most} ${measure}`;
}
