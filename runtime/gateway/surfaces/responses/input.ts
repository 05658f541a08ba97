// The one text of a custom tool, out of the arguments of the function it was said as: `{"input": "…"}`, while they
// stream. A model that gives the text itself, or puts it under another name, has said it all the same.
import { readArguments } from "../../../stream/index.ts";

export type InputReader = {
  /** What of the text is new with these arguments. */
  push(json: string): string;
  /** The text is whole. */
  readonly isWhole: () => boolean;
};

export function readInput(): InputReader {
  let text = "";
  let isWhole = false;
  /** Strings begun so far, and which of them is the text: behind the field's name where there is one. */
  let leaves = 0;
  let which: number | null = null;
  /** Half of a pair is no text: the other half comes with the next escape. */
  let half = "";

  const reader = readArguments({
    begin() {
      leaves += 1;
    },
    text(piece) {
      if (leaves === which) text += piece;
    },
    end() {
      if (leaves === which) isWhole = true;
    },
  });

  return {
    push(json) {
      which ??= placeIn(json);
      reader.push(json);
      const said = half + text;
      text = "";
      half = /[\ud800-\udbff]$/.test(said) ? said.slice(-1) : "";
      return half === "" ? said : said.slice(0, -1);
    },
    isWhole: () => isWhole,
  };
}

/** The whole text of whole arguments. */
export function inputOf(json: string): string {
  return readInput().push(json);
}

/** Free text of the client's as the arguments of the function it has become. */
export function argumentsOfInput(input: string): string {
  return JSON.stringify({ input });
}

function placeIn(json: string): number | null {
  const first = json.trimStart()[0];
  return first === undefined ? null : first === "{" ? 2 : 1;
}
