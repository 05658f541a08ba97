// The surface of `/v1/chat/completions`.
import { factsOfChat } from "../../../plan/index.ts";
import { openingOf } from "../opening.ts";
import { envelope } from "../../problem.ts";
import type { Surface } from "../../surface.ts";
import { addToChat } from "./add.ts";
import { addedText, askAgain } from "./again.ts";
import { createChatStreamEncoder } from "./encode-stream.ts";
import { encodeWhole } from "./encode-whole.ts";
import { readChat } from "./read.ts";

export const chat: Surface = {
  name: "chat",
  protocol: "chat",
  carries: [],
  prompt: "messages",
  idPrefix: "chatcmpl-",
  read: readChat,
  facts: factsOfChat,
  opening: (body) => openingOf(undefined, body["messages"]),
  streamEncoder: createChatStreamEncoder,
  whole: encodeWhole,
  again: askAgain,
  toChat: (body) => body,
  add: addToChat,
  added: addedText,
  envelope,
};
