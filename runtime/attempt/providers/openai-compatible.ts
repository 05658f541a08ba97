// Any server that says it speaks chat completions. Those that do not know `stream_options` ignore it; the rare one that
// refuses it is told so in the target's params.
import { CHAT, chatProvider } from "./chat.ts";

export const openaiCompatible = chatProvider(CHAT);
