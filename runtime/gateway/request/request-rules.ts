// Rules on the request, before anything is planned for good. In: the prompt as messages, and the model's rules on it
// whose condition holds. Out: what they noticed, the match that stops the request, and what they add to the prompt.
// A rule that looks for nothing acts before any text is read; the others read the text of each message by itself: what is
// said in it, what was thought, and the arguments of its calls, decoded.
import type { Json, Model, ReceiptTrigger, Rule } from "#contracts";
import { estimateTokens } from "../../plan/index.ts";
import { governText, readArguments, type ActiveRule, type JsonObject, type Match } from "../../stream/index.ts";
import type { MatchersOf, Seen } from "../answer/answer.ts";
import { BETWEEN, type Added } from "../surfaces/added.ts";
import { textsIn } from "../surfaces/besides.ts";
import { isObject, objects } from "../json.ts";
import { triggerOf } from "../answer/trigger.ts";

export type RequestVerdict = { readonly triggers: readonly ReceiptTrigger[]; readonly stoppedBy: Rule | null; readonly added: Added };

export type AskRequest = {
  readonly model: Model;
  /** On the request, in the model's order. */
  readonly rules: readonly ActiveRule[];
  readonly matchersOf: MatchersOf;
  /** The request in chat. */
  readonly chat: JsonObject;
  /** What of it has no place there. */
  readonly besides: readonly string[];
};

export function judgeRequest({ model, rules, matchersOf, chat, besides }: AskRequest): RequestVerdict {
  const triggers: ReceiptTrigger[] = [];
  const acted = new Set<ActiveRule["rule"]>();

  const always = rules.filter((one) => one.rule.match.kind === "always");
  for (const { rule, action } of always) {
    const match: Match = { rule, action, offset: 0, length: 0, held: 0, released: 0 };
    if (take({ match, channel: "request", choice: 0, heldBytes: 0, releasedBytes: 0 })) return verdict(rule);
  }

  const reading = rules.filter((one) => one.rule.match.kind !== "always");
  const matchers = matchersOf(model, "request");
  const texts = reading.length === 0 ? [] : [...textsOf(chat), ...besides];
  for (let at = 0; at < texts.length; at++) {
    if (texts[at] === "") continue;
    const { matches } = governText(texts[at]!, { rules: reading, ...matchers });
    for (const match of matches) {
      if (take({ match, channel: "request", choice: at, heldBytes: 0, releasedBytes: 0 })) return verdict(match.rule);
    }
  }
  return verdict(null);

  /** True where the request stops here. */
  function take(seen: Seen): boolean {
    const { rule, action } = seen.match;
    // However often it matches, what it adds is added once.
    if (action.kind !== "note" && acted.has(rule)) return false;
    acted.add(rule);
    triggers.push(triggerOf(seen, { attempt: 0, action: action.kind, reasons: [] }));
    return action.kind === "block" && rule.mode === "enforce";
  }

  function verdict(stoppedBy: Rule | null): RequestVerdict {
    const adding = rules.filter((one) => acted.has(one.rule) && one.rule.mode === "enforce");
    const of = (kind: "prepend" | "append"): readonly string[] => adding.flatMap(({ action }) => (action.kind === kind ? [action.text] : []));
    return { triggers, stoppedBy, added: { before: of("prepend"), after: of("append") } };
  }
}

/** What the added text takes of a context, with what a provider puts around a message. */
export function tokensOf({ before, after }: Added): number {
  const texts = [before, after].filter((one) => one.length > 0);
  return texts.reduce((sum, one) => sum + PER_MESSAGE + estimateTokens(one.join(BETWEEN)), 0);
}

const PER_MESSAGE = 4;

/** The text of each message, whoever said it; pieces of one message are lines of one text. */
function textsOf(chat: JsonObject): readonly string[] {
  return objects(chat["messages"]).map((message) => {
    const { content } = message;
    const said = typeof content === "string" ? [content] : objects(content).flatMap(textsOfPart);
    const thought = [message["reasoning_content"], message["reasoning"], message["reasoning_details"], message["refusal"]].flatMap(textsIn);
    const old = isObject(message["function_call"]) ? [message["function_call"]] : [];
    const called = [...objects(message["tool_calls"]).map((call) => call["function"] ?? call["custom"]), ...old].flatMap(textsOfCall);
    return [...said, ...thought, ...called].join("\n");
  });
}

/** A part that is no text is a picture or the like, or of a kind that this version does not know. */
function textsOfPart(part: JsonObject): readonly string[] {
  if (typeof part["text"] === "string") return [part["text"]];
  return NO_TEXT.has(part["type"]) ? [] : textsIn(part);
}

const NO_TEXT: ReadonlySet<Json | undefined> = new Set(["image_url", "image", "input_audio", "file", "video_url"]);

function textsOfCall(call: Json | undefined): readonly string[] {
  if (!isObject(call)) return [];
  // Free text is one text, whatever it looks like.
  if (typeof call["arguments"] !== "string") return textsIn(call["input"] ?? call["arguments"]);
  const leaves: string[] = [];
  const reader = readArguments({ begin: () => void leaves.push(""), text: (piece) => void (leaves[leaves.length - 1] += piece), end() {} });
  reader.push(call["arguments"]);
  reader.finish();
  return leaves;
}
