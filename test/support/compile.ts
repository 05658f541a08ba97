// Programs compiled from texts in memory.
import { compile, hostOf, type Compiled } from "#compiler";

/** The program of these files that begins at `entry`. */
export function compileTexts(files: { readonly [path: string]: string }, entry: string): Compiled {
  return compile(entry, hostOf(files));
}

/** The program of one file. */
export function compileText(text: string): Compiled {
  return compileTexts({ "policy.ward": text }, "policy.ward");
}
