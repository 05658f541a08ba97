// The embeddings wire: a whole answer, and nothing in it that anyone governs.
import type { JsonObject, Part } from "../stream/part.ts";
import type { WireReader } from "./wire.ts";

export function createEmbeddingsReader(): WireReader {
  let read = false;
  return {
    protocol: "embeddings",
    doneMark: null,
    fault: null,
    get began() {
      return read;
    },
    get finished() {
      return read;
    },
    get ended() {
      return read;
    },
    emptied: (raw) => raw,
    read(raw: JsonObject): Part[] {
      read = Array.isArray(raw["data"]);
      const usage = raw["usage"];
      if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return [];
      const input = (usage as JsonObject)["prompt_tokens"] ?? (usage as JsonObject)["total_tokens"];
      return typeof input === "number" && Number.isSafeInteger(input) && input >= 0 ? [{ kind: "usage", input, output: 0 }] : [];
    },
  };
}
