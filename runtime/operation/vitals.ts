// How a process of the gateway does. The port: who reads them stands at the edge.
export type Vitals = {
  /** Microseconds of CPU time since it started. */
  readonly cpu: number;
  /** Bytes it has of the machine, and bytes of it that JavaScript uses. */
  readonly resident: number;
  readonly heap: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Microseconds that its event loop was late in the last minute or so; null where nobody measures them. */
  readonly lag: { readonly p99: number; readonly max: number } | null;
};
