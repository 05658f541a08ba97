// What rules put before and behind all the client said.

/** Each rule's text by itself, in the order the model lists them. */
export type Added = { readonly before: readonly string[]; readonly after: readonly string[] };

/** Between two rules' texts, and between them and the client's. */
export const BETWEEN = "\n\n";
