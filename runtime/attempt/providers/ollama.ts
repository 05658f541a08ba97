// Ollama's own `/v1`. It gives calls no id.
import { CHAT, chatProvider } from "./chat.ts";

export const ollama = chatProvider({ ...CHAT, requestIdHeaders: [] });
