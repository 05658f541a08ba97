// The Gemini API. Nobody is a client of it here: chat is translated both ways.
//
// A target goes on from a partial answer by an instruction unless it says `continues = prefix`: models take a trailing turn
// of their own, but not all of them go on within the word.
import { asGemini } from "../gemini-request.ts";
import { createGeminiReader } from "../gemini-wire.ts";
import { httpProvider } from "./http.ts";
import { translated } from "./translated.ts";

export const gemini = httpProvider({
  speaks: [],
  reasoning: "takes",
  keyHeader: (key) => ["x-goog-api-key", key],
  headers: [],
  passes: [],
  joins: [],
  requestIdHeaders: ["x-goog-request-id", "x-request-id"],
  ask: (call) =>
    translated((problem) => ({
      path: `/${modelPath(call.target.model)}:${call.stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
      body: asGemini(call, problem),
      wire: createGeminiReader((nth) => `call_${call.requestId}_${call.nth}_${nth}`),
    })),
});

/** `gemini-3-pro`, or a path of its own as in `tunedModels/mine`. */
function modelPath(model: string): string {
  const path = model.split("/").map(encodeURIComponent).join("/");
  return model.includes("/") ? path : `models/${path}`;
}
