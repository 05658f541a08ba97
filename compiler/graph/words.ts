// Quantities, clauses and actions in the words of the language.
import type { Action, FailureClass, Guard, Rule, Target } from "#contracts";
import { MOVES_ON_BY_DEFAULT } from "#contracts";

/** Tokens, exactly: `32Ki` where that is shorter than `32768` and `200k` than both. */
export function size(tokens: number): string {
  const forms = [String(tokens)];
  for (const [unit, of] of [["k", 1_000], ["M", 1_000_000], ["Ki", 1_024], ["Mi", 1_048_576]] as const) {
    if (tokens >= of && tokens % of === 0) forms.push(`${tokens / of}${unit}`);
  }
  return forms.reduce((best, one) => (one.length < best.length ? one : best));
}

export function duration(ms: number): string {
  if (ms < 1_000 || ms % 100 !== 0) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  return [minutes === 0 ? null : `${minutes}m`, seconds === 0 ? null : `${seconds}s`].filter((one) => one !== null).join(" ");
}

/** A sum of microdollars, never rounded. */
export function money(micro: number): string {
  const [whole, part] = (micro / 1_000_000).toFixed(6).split(".") as [string, string];
  return `$${whole}.${part.replace(/0{1,4}$/, "")}`;
}

/** `$3/$15`: dollars per million tokens. */
export function price(of: Target["price"]): string {
  if (of === null) return "no price declared";
  return of.input === 0 && of.output === 0 ? "free" : `${rate(of.input)}/${rate(of.output)} per Mtok`;
}

export function clause(then: Guard["then"]): string {
  if (then.kind === "refuse") return `refuse ${quoted(then.message)}`;
  return `${then.kind} ${then.by} ${then.names.map(nameOf).join(", ")}`;
}

export function channel({ channel: of }: Rule): string {
  return of.kind === "tool" ? `on tool ${quoted(of.glob)}` : `on ${of.kind}`;
}

export function matchText({ match }: Rule): string {
  switch (match.kind) {
    case "pattern":
      return `/${match.source}/${match.flags}`;
    case "any":
      return `any [${match.texts.map(quoted).join(", ")}]`;
    case "json":
      return "expect json";
    case "schema":
      return "expect schema";
    case "after":
      return `after tool ${quoted(match.tool)} within ${match.turns} turns`;
    case "repeat":
      return `repeat ${match.times} within ${match.turns} turns`;
    case "allow":
      return `allow [${match.names.join(", ")}]`;
    case "always":
      return "always";
    default:
      return unreachable(match);
  }
}

/** `retry 2, exhausted block`. */
export function ladderText({ ladder, mode }: Rule): string {
  const steps = ladder.map(actionText).join(", exhausted ");
  return mode === "shadow" ? `shadow: ${steps}` : steps;
}

/** Null where it is the default: every class but the two that blame the request. */
export function onText(on: readonly FailureClass[]): string | null {
  const usual = on.length === MOVES_ON_BY_DEFAULT.length && MOVES_ON_BY_DEFAULT.every((one) => on.includes(one));
  return usual ? null : on.length === 0 ? "on nothing" : `on ${on.join(", ")}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** `target:qwen` is `qwen`. */
export function nameOf(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

function actionText(action: Action): string {
  switch (action.kind) {
    case "retry":
      return `retry ${action.limit}`;
    case "escalate":
      return `escalate ${nameOf(action.selector)}${action.limit === 1 ? "" : ` ×${action.limit}`}`;
    case "redact":
      return `redact ${quoted(action.replacement)}`;
    case "block":
    case "note":
      return action.kind;
    case "prepend":
    case "append":
      return `${action.kind} ${quoted(action.text)}`;
    default:
      return unreachable(action);
  }
}

function rate(micro: number): string {
  return `$${String(micro / 1_000_000)}`;
}

function unreachable(one: never): never {
  throw new Error(`no such thing: ${JSON.stringify(one)}`);
}
