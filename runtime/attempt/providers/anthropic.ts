// The messages API. A client of it is served in its own words; any other one's chat is translated both ways.
//
// A target goes on from a partial answer by an instruction unless it says `continues = prefix`: models from Claude 4.6 on
// refuse an answer that is begun for them.
import { asMessages } from "../messages-request.ts";
import { createMessagesReader } from "../messages-wire.ts";
import { httpProvider } from "./http.ts";
import { translated } from "./translated.ts";

export const anthropic = httpProvider({
  speaks: ["messages"],
  reasoning: "takes",
  keyHeader: (key) => ["x-api-key", key],
  headers: [["anthropic-version", "2023-06-01"]],
  passes: ["anthropic-beta", "anthropic-version"],
  joins: ["anthropic-beta"],
  requestIdHeaders: ["request-id", "x-request-id"],
  ask: (call) =>
    translated((problem) => {
      const { body, reading } = asMessages(call, problem);
      return { path: "/messages", body, wire: createMessagesReader(reading) };
    }),
});
