// A LiteLLM proxy. Its own id of the call is the one its logs know.
import { CHAT, chatProvider } from "./chat.ts";

export const litellm = chatProvider({ ...CHAT, reasoning: "takes", requestIdHeaders: ["x-litellm-call-id", ...CHAT.requestIdHeaders] });
