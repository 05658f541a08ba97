// What a translation comes to: a call, or a failure before any call where something of the request cannot be said.
import type { Problem } from "../chat-request.ts";
import { untranslatable } from "../outcome.ts";
import type { Ask } from "./http.ts";

export function translated(translate: (problem: Problem) => Omit<Extract<Ask, { kind: "ask" }>, "kind">): Ask {
  let first: string | null = null;
  const ask = translate((message) => {
    first ??= message;
  });
  return first === null ? { kind: "ask", ...ask } : { kind: "failure", failure: untranslatable(first) };
}
