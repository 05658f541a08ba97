// The seam between what the gateway remembers and a surface whose requests may leave their history out.
import type { Json } from "#contracts";
import type { Conversations } from "../../conversations/index.ts";
import type { JsonObject } from "../../stream/index.ts";
import type { Problem } from "../problem.ts";

/** `longest` is how many bytes a request may have together with what it leaves out. */
export type Memory = { readonly conversations: Conversations; readonly longest: number };

/** Whose turn it is that is asked for, to be kept when it is answered. */
export type OpenTurn = {
  readonly owner: string;
  readonly previous: string | null;
  /** What the client said itself. */
  readonly input: readonly Json[];
  /** Fields of the answer that say what became of it. */
  readonly echo: JsonObject;
  /** Its answer is kept. */
  readonly kept: boolean;
};

export type Recalling = { readonly memory: Memory | null; readonly owner: string; readonly bytes: number };
export type Told = { readonly kind: "body"; readonly body: JsonObject; readonly turn: OpenTurn } | { readonly kind: "problem"; readonly problem: Problem };

export type History = {
  /** The request with what it leaves out, or why it cannot be told. */
  tell(body: JsonObject, recalling: Recalling): Promise<Told>;
  /** The answer by the last words its client gets. */
  answered(last: string): { readonly id: string; readonly output: readonly Json[] } | null;
};
