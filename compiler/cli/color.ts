// Whether to colour, and how a role looks on a terminal.
import { styleText } from "node:util";
import { paletteOf, plain, type Palette } from "../report/palette.ts";
import type { Io } from "./io.ts";
import type { Arguments } from "./verb.ts";

export function paletteFor(args: Arguments, io: Io, stream: "out" | "err" = "out"): Palette {
  const when = args.text("color") ?? "auto";
  const wanted = when === "always" || (when === "auto" && io.terminal[stream] && (io.env["NO_COLOR"] ?? "") === "" && io.env["TERM"] !== "dumb");
  return wanted ? paletteOf((format, text) => styleText([...format], text, { validateStream: false })) : plain;
}
