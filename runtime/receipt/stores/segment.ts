// One segment of the file store: a text file of lines, each a JSON object of its own with a checksum over its receipt,
// so that any tool that reads NDJSON reads a segment.
//
//   {"crc32":"1c291ca3","receipt":{…}}\n
//
// A line that lacks its line break was never finished: torn. A finished line whose checksum disagrees was changed after
// it was written: damaged. The first may be cut off, the second must be told.
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { Receipt } from "#contracts";

/** `receipt` as JSON, in one line. */
export function encodeLine(receipt: string): Buffer {
  const line = Buffer.from(`${BEFORE_SUM}00000000${AFTER_SUM}${receipt}}\n`);
  // Over the bytes that are written and in their place, so that the text is turned into bytes once.
  line.write(sum(line.subarray(HEAD, -2)), BEFORE_SUM.length, "latin1");
  return line;
}

/** The receipt of one line without its line break; null where the line is not as it was written. */
export function decodeLine(line: Buffer): Receipt | null {
  if (line.length <= HEAD || line[line.length - 1] !== 0x7d) return null;
  if (line.toString("latin1", 0, BEFORE_SUM.length) !== BEFORE_SUM) return null;
  if (line.toString("latin1", HEAD - AFTER_SUM.length, HEAD) !== AFTER_SUM) return null;
  const body = line.subarray(HEAD, line.length - 1);
  if (sum(body) !== line.toString("latin1", BEFORE_SUM.length, HEAD - AFTER_SUM.length)) return null;
  return JSON.parse(body.toString("utf8")) as Receipt;
}

export type Scanned =
  | { readonly kind: "receipt"; readonly offset: number; readonly length: number; readonly receipt: Receipt }
  | { readonly kind: "damaged"; readonly offset: number; readonly length: number }
  /** The file's end, not closed by a line break. `receipt` where nothing but the line break is missing. */
  | { readonly kind: "torn"; readonly offset: number; readonly length: number; readonly receipt: Receipt | null };

/** Every line of a segment in order; `length` counts its line break. Holds one line and one block in memory. */
export async function* scan(file: FileHandle): AsyncGenerator<Scanned> {
  const block = Buffer.allocUnsafe(1 << 20);
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0; // of rest in the file
  for (;;) {
    const { bytesRead } = await file.read(block, 0, block.length, offset + rest.length);
    if (bytesRead === 0) break;
    // A copy on purpose: the block is read into again while lines of this round are still looked at.
    const text = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = text.indexOf(10, from); end >= 0; end = text.indexOf(10, from)) {
      const receipt = decodeLine(text.subarray(from, end));
      const place = { offset: offset + from, length: end + 1 - from };
      yield receipt === null ? { kind: "damaged", ...place } : { kind: "receipt", ...place, receipt };
      from = end + 1;
    }
    rest = text.subarray(from);
    offset += from;
  }
  if (rest.length > 0) yield { kind: "torn", offset, length: rest.length, receipt: decodeLine(rest) };
}

const BEFORE_SUM = '{"crc32":"';
const AFTER_SUM = '","receipt":';
const HEAD = BEFORE_SUM.length + 8 + AFTER_SUM.length;

function sum(body: Buffer): string {
  return crc32(body).toString(16).padStart(8, "0");
}
