import { CHAT, chatProvider } from "./chat.ts";

// Left to itself it begins a new turn behind a trailing assistant message instead of going on with it.
export const vllm = chatProvider({ ...CHAT, prefixFields: { continue_final_message: true, add_generation_prompt: false } });
