// A gateway in a few lines, to be embedded behind `fetch`: the text of a bundle in, a gateway with this machine's clock and
// the bundle's own upstreams out, or all that keeps it from being served. Whatever stands in its way is known here: no
// request finds out later.
import { load, type Loaded, type Problem } from "../load.ts";
import type { Secrets } from "../ports.ts";
import { createMemoryStore } from "../receipt/stores/memory.ts";
import type { ReceiptStore } from "../receipt/store.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./create-gateway.ts";
import { digestOf, systemPorts, upstreamsWith } from "./system-ports.ts";

export type OpenGatewayOptions = Omit<GatewayOptions, "loaded" | "ports" | "store" | "upstreams" | "open" | "canary" | "elsewhere" | "digest"> & {
  /** Its owner closes it, after the gateway. In memory by default: the newest 10 000 receipts, gone with the process. */
  readonly store?: ReceiptStore;
  /** Settings and keys of providers; the process's environment by default. */
  readonly secrets?: Secrets;
};

export type OpenedGateway =
  | { readonly ok: true; readonly gateway: Gateway; readonly store: ReceiptStore }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `bundle` is the text that `ward build` writes and `bundleText` gives, or what `load` made of it. */
export function openGateway(bundle: string | Loaded, { store = createMemoryStore(), secrets, ...options }: OpenGatewayOptions = {}): OpenedGateway {
  const result = typeof bundle === "string" ? load(bundle) : { ok: true as const, loaded: bundle };
  if (!result.ok) return { ok: false, problems: [result.problem] };
  const ports = systemPorts(secrets);
  const open = upstreamsWith(ports);
  const opened = open(result.loaded);
  if (!opened.ok) return { ok: false, problems: opened.problems.map(({ message, help }) => ({ message, help })) };
  return { ok: true, gateway: createGateway({ ...options, loaded: result.loaded, ports, store, upstreams: opened.upstreams, open, digest: digestOf }), store };
}
