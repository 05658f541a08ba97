// What clients of the gateway see that is ours and not a provider's.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";

/** The error envelope on every path, in the shape OpenAI's clients read. */
export const ErrorEnvelope = z
  .strictObject({
    error: z.strictObject({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }),
  })
  .meta({ id: "ErrorEnvelope" });
export type ErrorEnvelope = Frozen<z.infer<typeof ErrorEnvelope>>;
