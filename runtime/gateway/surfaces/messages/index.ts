// The surface of `/v1/messages`.
import { addedText } from "../chat/again.ts";
import { openingOf } from "../opening.ts";
import type { Surface } from "../../surface.ts";
import { addToMessages } from "./add.ts";
import { againOfMessages } from "./again.ts";
import { createMessagesStreamEncoder } from "./encode-stream.ts";
import { encodeMessage } from "./encode-whole.ts";
import { messagesEnvelope } from "./envelope.ts";
import { factsOfMessages } from "./facts.ts";
import { readMessages } from "./read.ts";
import { chatOfMessages } from "./to-chat.ts";

export const messages: Surface = {
  name: "messages",
  protocol: "messages",
  carries: ["anthropic-beta"],
  prompt: "messages",
  idPrefix: "msg_",
  read: readMessages,
  facts: factsOfMessages,
  opening: (body) => openingOf(body["system"], body["messages"]),
  streamEncoder: createMessagesStreamEncoder,
  whole: encodeMessage,
  again: againOfMessages,
  toChat: chatOfMessages,
  add: addToMessages,
  added: addedText,
  envelope: messagesEnvelope,
};
