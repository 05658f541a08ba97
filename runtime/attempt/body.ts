// Collects a body that is read as a whole, up to a bound.

export type BodyReader = {
  /** False when the bound is passed; that piece and all that follow are dropped. */
  push(bytes: Uint8Array): boolean;
  text(): string;
};

export function createBodyReader(longest: number): BodyReader {
  const pieces: Uint8Array[] = [];
  let length = 0;
  return {
    push(bytes) {
      length += bytes.length;
      if (length > longest) return false;
      pieces.push(bytes);
      return true;
    },
    text() {
      const decoder = new TextDecoder("utf-8");
      // Joined piece by piece: a character may be cut between two of them.
      return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
    },
  };
}
