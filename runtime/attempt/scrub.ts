// Makes a provider's words fit for a client. In: any text. Out: one short line without an address or a secret.

/** `secrets` are taken out wherever they stand, whatever their case. */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text.slice(0, 128 * LONGEST).toWellFormed();
  // The longest first, so that a key which contains another one goes whole.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret !== "") clean = clean.replaceAll(new RegExp(literally(secret), "gi"), HIDDEN);
  }
  // Some of the shapes take the square of a text's length, and a provider may say again whatever its caller said.
  clean = clean.slice(0, 4 * LONGEST);
  for (const shape of SHAPES) clean = clean.replaceAll(shape, HIDDEN);
  // oxlint-disable-next-line no-control-regex -- control characters are what is to be taken out
  clean = clean.replaceAll(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST).trimEnd()}…`.toWellFormed() : clean;
}

const LONGEST = 500;
const HIDDEN = "[…]";

const SHAPES: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'`<>)\]]+/gi,
  // Addresses of the inside: IPv4, IPv6 in brackets, a name or address with a port, and names that only exist inside.
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g,
  /\[[0-9a-f:]*:[0-9a-f:.]*\](?::\d{1,5})?/gi,
  /\blocalhost\b(?::\d{1,5})?/gi,
  /\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*:\d{2,5}\b/gi,
  /\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|ai|dev|internal|local|lan|corp|cluster|svc|home|intra)\b/gi,
  // Keys: the usual prefixes, and bearer tokens.
  /\b(?:sk|pk|rk|gsk|xai|ghp|AIza|wwk)[-_][\w*.-]{8,}/g,
  /\bbearer\s+[\w.~+/=-]+/gi,
];

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
