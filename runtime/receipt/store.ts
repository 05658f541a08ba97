// Where receipts live. One suite tests every provider of this port; contracts/storage.md says what it must show.
import type { CallerValue, Receipt } from "#contracts";

/** Every field narrows; `cursor` is what a page before answered. `model` is a model's name or id. */
export type ReceiptQuery = {
  readonly limit?: number;
  readonly cursor?: string;
  readonly model?: string;
  readonly status?: Receipt["status"];
  readonly session?: string;
  readonly run?: string;
};

export type ReceiptPage = { readonly receipts: readonly Receipt[]; readonly next: string | null };

/** What a store rejects with; anything else it rejects with is a bug. `message` may name files: for operators, not clients. */
export type StoreProblem = "bad_url" | "locked" | "unusable" | "unreadable" | "not_written" | "damaged" | "duplicate" | "bad_cursor" | "read_only" | "closed";

export class StoreError extends Error {
  readonly problem: StoreProblem;
  readonly help: string | null;
  constructor(problem: StoreProblem, message: string, help: string | null = null) {
    super(message);
    this.name = "StoreError";
    this.problem = problem;
    this.help = help;
  }
}

/** What a receipt is found by. */
export type Found = Pick<Receipt, "id" | "status"> & { readonly model: Pick<Receipt["model"], "id" | "name">; readonly caller: { readonly session?: CallerValue | undefined; readonly run?: CallerValue | undefined } };

/** One whose receipts are in this process's hands, not in another's. */
export type OwnStore = ReceiptStore & {
  /** As `append`, where the receipt is text already: `text` is its JSON, and is written as it is. */
  appendText(receipt: Found, text: string): Promise<void>;
};

export type ReceiptStore = {
  /** Resolves when the receipt is durable; rejects where it is not. */
  append(receipt: Receipt): Promise<void>;
  get(id: string): Promise<Receipt | null>;
  /** Newest first, with stable cursors. */
  list(query: ReceiptQuery): Promise<ReceiptPage>;
  /** Waits for what is under way and lets go of every file. */
  close(): Promise<void>;
};
