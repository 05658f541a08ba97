// A LiteLLM proxy. Its own id of the call is the one its logs know.
import { CHAT, chatProvider } from "./chat.ts";

export const litellm = chatProvider({ ...CHAT, requestIdHeaders: ["x-litellm-call-id", ...CHAT.requestIdHeaders] });
