// The embeddings wire: a whole answer, and nothing in it that anyone governs.
import type { JsonObject, Part } from "../stream/part.ts";
import type { Reading, WireReader } from "./wire.ts";

export function createEmbeddingsReader(): WireReader {
  const reader: Reading = {
    protocol: "embeddings",
    doneMark: null,
    fault: null,
    began: false,
    finished: false,
    ended: false,
    emptied: (raw) => raw,
    read(raw: JsonObject): Part[] {
      reader.began = reader.finished = reader.ended = Array.isArray(raw["data"]);
      const usage = raw["usage"];
      if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return [];
      const input = (usage as JsonObject)["prompt_tokens"] ?? (usage as JsonObject)["total_tokens"];
      return typeof input === "number" && Number.isSafeInteger(input) && input >= 0 ? [{ kind: "usage", input, output: 0 }] : [];
    },
  };
  return reader;
}
