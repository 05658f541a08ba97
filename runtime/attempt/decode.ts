// Undoes the compression a provider put on its answer although none was asked for. In: bytes as they came. Out: bytes
// as they were meant. Whoever pauses the answer pauses what is decoded too.
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";

export type ByteSink = {
  data(bytes: Uint8Array): void;
  end(): void;
  /** The bytes are not what their encoding says. */
  broke(): void;
};

export type Decoder = {
  /** False when the source should wait for `drained`. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  /** Nothing is told afterwards. */
  destroy(): void;
};

/** Null for an encoding nobody here knows; `"none"` where there is nothing to undo. */
export function openDecoder(encoding: string | undefined, sink: ByteSink, drained: () => void): Decoder | "none" | null {
  switch ((encoding ?? "").trim().toLowerCase()) {
    case "":
    case "identity":
      return "none";
    case "gzip":
    case "x-gzip":
      return decodeThrough(createGunzip(CUT_GENTLY), sink, drained);
    case "br":
      return decodeThrough(createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }), sink, drained);
    case "deflate":
      return inflate(sink, drained);
    default:
      return null;
  }
}

// A stream that was cut still gives all it had: whether it was complete is for the protocol above to say.
const CUT_GENTLY = { finishFlush: constants.Z_SYNC_FLUSH } as const;

type Zlib = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress> | ReturnType<typeof createInflate>;

function decodeThrough(zlib: Zlib, sink: ByteSink, drained: () => void): Decoder {
  zlib.on("data", (bytes: Uint8Array) => sink.data(bytes));
  zlib.on("end", () => sink.end());
  zlib.on("error", () => sink.broke());
  zlib.on("drain", drained);
  return {
    write: (bytes) => zlib.write(bytes),
    end: () => void zlib.end(),
    pause: () => void zlib.pause(),
    resume: () => void zlib.resume(),
    destroy() {
      zlib.removeAllListeners();
      // A destroyed stream may still report an error; there is no one left to hear it.
      zlib.on("error", () => {});
      zlib.destroy();
    },
  };
}

/** `deflate` is zlib's format by the book and raw deflate with some servers: the first byte tells. */
function inflate(sink: ByteSink, drained: () => void): Decoder {
  let inner: Decoder | null = null;
  let paused = false;
  return {
    write(bytes) {
      if (bytes.length === 0) return true;
      if (inner === null) {
        const zlib = (bytes[0]! & 0x0f) === 8 ? createInflate(CUT_GENTLY) : createInflateRaw(CUT_GENTLY);
        inner = decodeThrough(zlib, sink, drained);
        if (paused) inner.pause();
      }
      return inner.write(bytes);
    },
    end() {
      if (inner === null) sink.end();
      else inner.end();
    },
    pause() {
      paused = true;
      inner?.pause();
    },
    resume() {
      paused = false;
      inner?.resume();
    },
    destroy: () => inner?.destroy(),
  };
}
