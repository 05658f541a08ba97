// Colour as a port: the renderer says what a piece of text is for, the edge says how that looks.

/** What a piece of a report is for. `place` is the frame around the source; `second` a label beside the main one. */
export type Role = "error" | "warning" | "info" | "strong" | "place" | "second" | "added" | "removed" | "quiet";

/** Styles one piece of text. It must not change the text's visible width. */
export type Palette = (role: Role, text: string) => string;

/** No colour at all. */
export const plain: Palette = (_role, text) => text;

const STYLES = {
  error: ["red", "bold"],
  warning: ["yellow", "bold"],
  info: ["cyan", "bold"],
  strong: ["bold"],
  place: ["blue"],
  second: ["blue"],
  added: ["green"],
  removed: ["red"],
  quiet: ["dim"],
} as const satisfies Record<Role, readonly string[]>;

/** The words of a style as `styleText` of `node:util` takes them. */
export type Style = (typeof STYLES)[Role];

/** A palette from `styleText` of `node:util`, or anything of that shape. */
export function paletteOf(style: (format: Style, text: string) => string): Palette {
  return (role, text) => (text === "" ? "" : style(STYLES[role], text));
}
