import { CHAT, chatProvider } from "./chat.ts";

export const openai = chatProvider({ ...CHAT, renamesLimit: true, reasoning: "refuses", hasResponses: true });
