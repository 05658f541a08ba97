// The same faults over the protocols of other providers: translated for two surfaces of three, or for all.
import { describe } from "vitest";
import { playMatrix } from "./matrix-play.ts";

describe.each(["anthropic", "gemini"] as const)("faults of an upstream of %s", (kind) => {
  playMatrix(kind, ["alone", "replaced", "goes on", "twice"]);
});
