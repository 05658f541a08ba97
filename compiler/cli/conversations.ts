// `--conversations off|SIZE`: what the gateway remembers for clients that leave the history out of their requests.
import { createMemoryConversations, DEFAULT_CONVERSATIONS, systemPorts, type ServeOptions } from "#runtime";
import { ok, wrong, type Result } from "./io.ts";
import type { Arguments, Flag } from "./verb.ts";

const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

export const CONVERSATIONS: Flag = {
  value: "off|SIZE",
  about: `memory for conversations that clients go on with by \`previous_response_id\` (${DEFAULT_CONVERSATIONS / UNITS["MiB"]!}MiB); off: they send all of it themselves`,
};

export function conversationsOf(args: Arguments): Result<Pick<ServeOptions, "conversations">> {
  const text = args.text("conversations");
  if (text === undefined) return ok({});
  if (text === "off") return ok({ conversations: null });
  const [, count, unit] = /^([1-9]\d{0,5})([KMG]iB)$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return wrong(`\`--conversations\` cannot be \`${text}\``, "it is `off`, or how much memory there is for them, as in `64MiB`");
  return ok({ conversations: createMemoryConversations({ clock: systemPorts().clock, most: Number(count) * UNITS[unit]! }) });
}
