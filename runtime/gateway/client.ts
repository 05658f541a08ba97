// The one who asked, as the story sees it: a place to write an answer, and three things it may do meanwhile. The app
// makes one from a node response or from a web stream.
import type { ApiKey } from "#contracts";
import type { Told } from "./surfaces/history.ts";

/** `full` asks for a pause until `drained`; `gone` comes at most once, and never after `end`. */
export type ClientEvents = {
  gone(): void;
  full(): void;
  drained(): void;
};

export type Client = {
  /** Status and headers, once, before anything else. */
  open(status: number, headers: Readonly<Record<string, string>>): void;
  write(text: string): void;
  /** No more comes; what was written is on its way. */
  end(): void;
  /** Our own bug: an error answer where nothing was opened yet, else the connection is cut, which no client takes for an end. */
  abandon(status: number, body: string): void;
  /** Tells the events from now on; says `gone` at once where it has gone already. */
  listen(events: ClientEvents): void;
};

/** What came in, read whole and parsed as far as HTTP goes. Header names are lower case. */
export type Incoming = {
  readonly body: Uint8Array;
  /** The body once more, with what it leaves out, where its surface has requests that do. */
  readonly told?: Told;
  /** Whose API key came with it; null where the gateway has none. The secret itself goes no further than the gate. */
  readonly key: ApiKey | null;
  header(name: string): string | undefined;
};
