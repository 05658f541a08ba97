// Conversations: what a client said and got before, for requests that leave it out.
export { type Conversations, type ConversationsSize, type Recalled, type Turn, type Wanted } from "./conversations.ts";
export { createMemoryConversations, DEFAULT_CONVERSATIONS, type MemoryConversationsOptions } from "./memory.ts";
