// The world as a verb sees it, so that a test runs a verb in its own process. Files are the disk's, below `cwd`.

export type Io = {
  readonly cwd: string;
  readonly env: { readonly [variable: string]: string | undefined };
  /** The result, and nothing else. */
  out(text: string): void;
  /** Progress, and diagnostics of the command itself. */
  err(text: string): void;
  stdin(): Promise<string>;
  /** Standard input line by line, for what may be too long to hold. */
  lines(): AsyncIterable<string>;
  readonly terminal: { readonly out: boolean; readonly err: boolean; readonly columns: number | undefined };
  /** Calls `then` once when the process is asked to stop; the returned function takes that back. */
  onStop(then: () => void): () => void;
  /** Calls `then` whenever the process is asked to read its program again (SIGHUP); the returned function ends that. */
  onReload(then: () => void): () => void;
  /** Calls `then` after something in one of these folders, below `cwd`, has changed; the returned function ends that. */
  watch(folders: readonly string[], then: () => void): () => void;
};

/** A user's mistake on the command line or in what it names: the command ends with 2. */
export type Problem = { readonly message: string; readonly help?: string };

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export const EXIT = { clean: 0, findings: 1, usage: 2, bug: 70 } as const;

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function wrong(message: string, help?: string | null): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: help === undefined || help === null ? { message } : { message, help } };
}

/** Prints a problem and answers the exit code that goes with it. */
export function complain(io: Io, { message, help }: Problem): number {
  io.err(`ward: ${message}\n${help === undefined ? "" : `help: ${help}\n`}`);
  return EXIT.usage;
}
