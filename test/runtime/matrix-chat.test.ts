// Every fault of a chat upstream, on every surface, streamed and not, alone and with another upstream behind it.
import { describe } from "vitest";
import { SCENES } from "./matrix.ts";
import { playMatrix } from "./matrix-play.ts";

describe("faults of a chat upstream", () => {
  playMatrix("openai_compatible", SCENES);
});
