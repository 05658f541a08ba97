// OpenRouter keeps the line open with comments while it looks for a provider: they are no content.
import { CHAT, chatProvider } from "./chat.ts";

export const openrouter = chatProvider({ ...CHAT, reasoning: "takes", requestIdHeaders: ["x-generation-id", ...CHAT.requestIdHeaders] });
