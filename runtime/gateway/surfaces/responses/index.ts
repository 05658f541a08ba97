// The surface of `/v1/responses`.
import { addedText } from "../chat/again.ts";
import { openingOf } from "../opening.ts";
import { envelope } from "../../problem.ts";
import type { Surface } from "../../surface.ts";
import { addToResponses } from "./add.ts";
import { againOfResponses } from "./again.ts";
import { createResponsesStreamEncoder } from "./encode-stream.ts";
import { encodeResponse } from "./encode-whole.ts";
import { factsOfResponses } from "./facts.ts";
import { history } from "./history.ts";
import { readResponses } from "./read.ts";
import { chatOfResponses } from "./to-chat.ts";

export const responses: Surface = {
  name: "responses",
  protocol: "responses",
  // The second says that tools and instructions stand in the input: newer models of Codex do.
  carries: ["openai-beta", "x-openai-internal-codex-responses-lite"],
  prompt: "input",
  idPrefix: "resp_",
  read: readResponses,
  facts: factsOfResponses,
  opening: (body) => openingOf(body["instructions"], body["input"]),
  streamEncoder: createResponsesStreamEncoder,
  whole: encodeResponse,
  again: againOfResponses,
  toChat: chatOfResponses,
  add: addToResponses,
  added: addedText,
  envelope,
  history,
};
