// The Node a command runs on. An older one would stop at the first thing it lacks, with a trace of ours that says nothing of that.

/** As `engines` of the package has it. */
export const NEEDED = "22.19";

/** What to tell where this one is too old; null where it is not. */
export function tooOld(running: string): string | null {
  const [major = 0, minor = 0] = running.split(".").map(Number);
  const [least = 0, lesser = 0] = NEEDED.split(".").map(Number);
  if (major > least || (major === least && minor >= lesser)) return null;
  return `ward: this is Node ${running}, and ward needs ${NEEDED} or newer\nhelp: install a newer one; \`npm install node@24\` beside \`wardwright\` gives \`npx ward\` one of its own\n`;
}
