// An OTLP/HTTP collector for tests: takes what an exporter sends and reads the protobuf by the published field numbers, with no
// help of the library that wrote it.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export type Value = string | boolean | number | readonly Value[] | null;
export type Attributes = { readonly [name: string]: Value };
export type SentSpan = {
  readonly traceId: string;
  readonly spanId: string;
  /** "" at the root of a trace. */
  readonly parent: string;
  readonly state: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "other";
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly at: bigint; readonly attributes: Attributes }[];
  readonly failed: boolean;
  readonly resource: Attributes;
};

export type Collector = {
  readonly url: string;
  readonly port: number;
  readonly spans: readonly SentSpan[];
  /** Every byte of every body and its headers, for what must not be there. */
  readonly bodies: readonly Buffer[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** What is answered from now on; "never" takes the request and says nothing. */
  answers(how: number | "never"): void;
  /** Resolves when `enough` says so of the spans so far; the test's own time limit ends it otherwise. */
  until(enough: (spans: readonly SentSpan[]) => boolean): Promise<readonly SentSpan[]>;
  close(): Promise<void>;
};

export async function openCollector(port = 0): Promise<Collector> {
  const spans: SentSpan[] = [];
  const bodies: Buffer[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const waiting = new Set<() => void>();
  let how: number | "never" = 200;
  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("error", () => {});
    incoming.on("end", () => {
      const body = Buffer.concat(pieces);
      bodies.push(body);
      requests.push({ path: incoming.url ?? "", headers: incoming.headers });
      if (how === 200) spans.push(...readExport(body));
      for (const look of waiting) look();
      if (how !== "never") outgoing.writeHead(how, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  const at = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${at}`,
    port: at,
    spans,
    bodies,
    requests,
    answers: (its) => void (how = its),
    until: (enough) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!enough(spans)) return;
          waiting.delete(look);
          resolve(spans);
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The requests of a trace's spans and their attempts, in order. */
export function traces(spans: readonly SentSpan[]): readonly { readonly request: SentSpan; readonly attempts: readonly SentSpan[] }[] {
  return spans.filter(({ kind }) => kind === "server").map((request) => ({ request, attempts: spans.filter(({ parent }) => parent === request.spanId).sort((a, b) => Number(a.attributes["wardwright.attempt.number"]) - Number(b.attributes["wardwright.attempt.number"])) }));
}

// ── protobuf ───────────────────────────────────────────────────────────────────────────────────────────────────

type Field = { readonly n: number; readonly bytes: Buffer; readonly int: bigint };

function* fields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("protobuf ends in the midst of a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error("protobuf ends in the midst of a field");
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const n = tag >> 3;
    switch (tag & 7) {
      case 0:
        yield { n, bytes: Buffer.alloc(0), int: varint() };
        break;
      case 1: {
        const fixed = take(8);
        yield { n, bytes: fixed, int: fixed.readBigUInt64LE() };
        break;
      }
      case 2:
        yield { n, bytes: take(Number(varint())), int: 0n };
        break;
      case 5: {
        const fixed = take(4);
        yield { n, bytes: fixed, int: BigInt(fixed.readUInt32LE()) };
        break;
      }
      default:
        throw new Error(`protobuf has no wire type ${tag & 7}`);
    }
  }
}

const all = (bytes: Buffer, n: number): readonly Buffer[] => [...fields(bytes)].filter((field) => field.n === n).map((field) => field.bytes);
const one = (bytes: Buffer, n: number): Buffer => all(bytes, n)[0] ?? Buffer.alloc(0);
const int = (bytes: Buffer, n: number): bigint => [...fields(bytes)].find((field) => field.n === n)?.int ?? 0n;

function readExport(body: Buffer): readonly SentSpan[] {
  return all(body, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(one(resourceSpans, 1), 1);
    return all(resourceSpans, 2).flatMap((scopeSpans) => all(scopeSpans, 2).map((span) => readSpan(span, resource)));
  });
}

const KINDS = ["other", "internal", "server", "client"] as const;
const ERROR = 2n;

function readSpan(span: Buffer, resource: Attributes): SentSpan {
  return {
    traceId: one(span, 1).toString("hex"),
    spanId: one(span, 2).toString("hex"),
    state: one(span, 3).toString(),
    parent: one(span, 4).toString("hex"),
    name: one(span, 5).toString(),
    kind: KINDS[Number(int(span, 6))] ?? "other",
    start: int(span, 7),
    end: int(span, 8),
    attributes: attributesOf(span, 9),
    events: all(span, 11).map((event) => ({ at: int(event, 1), name: one(event, 2).toString(), attributes: attributesOf(event, 3) })),
    failed: int(one(span, 15), 3) === ERROR,
    resource,
  };
}

function attributesOf(bytes: Buffer, n: number): Attributes {
  return Object.fromEntries(all(bytes, n).map((pair) => [one(pair, 1).toString(), valueOf(one(pair, 2))]));
}

function valueOf(bytes: Buffer): Value {
  for (const field of fields(bytes)) {
    if (field.n === 1) return field.bytes.toString();
    if (field.n === 2) return field.int === 1n;
    if (field.n === 3) return Number(BigInt.asIntN(64, field.int));
    if (field.n === 4) return field.bytes.readDoubleLE();
    if (field.n === 5) return all(field.bytes, 1).map(valueOf);
    throw new Error(`an attribute of kind ${field.n}`);
  }
  return null;
}
