import { CHAT, chatProvider } from "./chat.ts";

export const vllm = chatProvider(CHAT);
