// THE table of fields: what every kind of declaration can say, of what type, and what holds where it does not say it.
// A new field is a line here, a line in lowering, and its page in the language reference.
import { CAPABILITIES, FAILURE_CLASSES, MOVES_ON_BY_DEFAULT, PROVIDER_KINDS } from "#contracts";
import { defaultsOf, optional, required, type FieldsOf } from "./fields.ts";
import { address, bytes, duration, durations, flag, headers, listOf, money, oneOf, parameters, price, record, reference, references, setting, someOf, text, tokens, whole, word } from "./field-types.ts";
import { hold } from "./hold.ts";
import { replies } from "./replies.ts";
import { SELECTORS } from "./names.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const TIMEOUT = {
  connect: optional(duration, 5 * SECOND),
  first_token: optional(duration, MINUTE),
  idle: optional(duration, MINUTE),
  total: optional(duration, 10 * MINUTE),
};
const BREAKER = { failures: required(whole({ least: 1 })), cooldown: optional(duration, 30 * SECOND) };
const LIMIT = { concurrency: optional(whole({ least: 1 }), null) };

export const PROVIDER = {
  kind: required(oneOf(PROVIDER_KINDS)),
  /** Null: the kind's own. */
  base: optional(address, null),
  key: optional(setting, null),
  headers: optional(headers, {}),
  zone: optional(word, null),
  region: optional(word, null),
  timeout: optional(record(TIMEOUT), defaultsOf(TIMEOUT)),
  breaker: optional(record(BREAKER), null),
  limit: optional(record(LIMIT), defaultsOf(LIMIT)),
};

export const TARGET = {
  context: required(tokens),
  output: optional(tokens, null),
  can: optional(someOf(CAPABILITIES, "capabilities"), []),
  price: optional(price, null),
  params: optional(parameters, {}),
  /** Null: as targets of the provider's kind do. */
  continues: optional(oneOf(["prefix", "instruction"]), null),
  replies: optional(replies, []),
};

export const CASCADE = { resume: optional(oneOf(["restart", "continue", "never"]), "restart") };

export const TRY = {
  timeout: optional(duration, null),
  retry: optional(whole({ least: 0 }), 0),
  backoff: optional(durations, { from: 200, to: 5 * SECOND }),
  on: optional(someOf(FAILURE_CLASSES, "failure classes"), MOVES_ON_BY_DEFAULT),
};

export const ALLOY = {
  pick: optional(oneOf(["weighted", "round_robin", "alternate", "all"]), "weighted"),
  sticky: optional(oneOf(["request", "turn", "session"]), "request"),
  partial_context: optional(flag, false),
};

export const RULE = {
  hold: optional(hold, { kind: "match" }),
  within: optional(whole({ least: 1, expected: "a number of characters" }), null),
  mode: optional(oneOf(["enforce", "shadow"]), "enforce"),
};

const RESUME = oneOf(["auto", "restart", "continue", "never"]);

export const RETRY = {
  limit: optional(whole({ least: 1 }), 1),
  remind: optional(text, null),
  resume: optional(RESUME, "auto"),
  feedback: optional(oneOf(["validation"]), "none"),
};

export const ESCALATE = { limit: optional(whole({ least: 1 }), 1), resume: optional(RESUME, "auto") };

export const ALERT = { to: optional(word, null), cooldown: optional(duration, 0) };

const LIMITS = {
  /** Null: the worst case of the route and the rules. */
  attempts: optional(whole({ least: 1 }), null),
  cost: optional(money, null),
  wall: optional(duration, 10 * MINUTE),
  held: optional(bytes, 1024 * 1024),
};
const RECEIPTS = { capture: optional(oneOf(["metadata", "full"]), "metadata"), keep: optional(duration, null) };

export const MODEL = {
  route: required(reference(SELECTORS)),
  guards: optional(references("guard"), []),
  rules: optional(references("rule"), []),
  alerts: optional(references("alert"), []),
  reserve: optional(whole({ least: 0, expected: "a number of tokens" }), 0),
  limits: optional(record(LIMITS), defaultsOf(LIMITS)),
  aliases: optional(listOf(text, 'a list of strings such as `["acme/coder"]`'), []),
  receipts: optional(record(RECEIPTS), defaultsOf(RECEIPTS)),
};

export type ProviderFields = FieldsOf<typeof PROVIDER>;
export type TargetFields = FieldsOf<typeof TARGET>;
export type CascadeFields = FieldsOf<typeof CASCADE>;
export type TryFields = FieldsOf<typeof TRY>;
export type AlloyFields = FieldsOf<typeof ALLOY>;
export type RuleFields = FieldsOf<typeof RULE>;
export type RetryFields = FieldsOf<typeof RETRY>;
export type EscalateFields = FieldsOf<typeof ESCALATE>;
export type AlertFields = FieldsOf<typeof ALERT>;
export type ModelFields = FieldsOf<typeof MODEL>;
