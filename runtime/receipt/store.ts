// Where receipts live. One suite tests every provider of this port.
import type { Receipt } from "#contracts";

/** Every field narrows; `cursor` is what a page before answered. */
export type ReceiptQuery = {
  readonly limit?: number;
  readonly cursor?: string;
  readonly model?: string;
  readonly status?: Receipt["status"];
  readonly session?: string;
  readonly run?: string;
};

export type ReceiptPage = { readonly receipts: readonly Receipt[]; readonly next: string | null };

export type ReceiptStore = {
  /** Resolves when the receipt is durable; rejects where it is not. */
  append(receipt: Receipt): Promise<void>;
  get(id: string): Promise<Receipt | null>;
  /** Newest first, with stable cursors. */
  list(query: ReceiptQuery): Promise<ReceiptPage>;
  /** Waits for what is under way and lets go of every file. */
  close(): Promise<void>;
};
