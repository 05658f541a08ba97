// The items of a response that is streamed: each one added, given its parts and their text, and done, once and in this
// order. What a provider of this protocol says of its own items (ids, phases, annotations) stays with them.
//
//   output_item.added ─▶ (part.added ─▶ delta* ─▶ text.done ─▶ part.done)* ─▶ output_item.done
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { objects, parsedObject } from "../../json.ts";

export type Emit = (type: string, fields: JsonObject) => string;
/** How the text of a part is called in events and in the item. */
export type Form = { readonly text: string; readonly part: string; readonly index: "content_index" | "summary_index"; readonly list: "content" | "summary"; readonly type: string };

export const TEXT: Form = { text: "response.output_text", part: "response.content_part", index: "content_index", list: "content", type: "output_text" };
export const SUMMARY: Form = { text: "response.reasoning_summary_text", part: "response.reasoning_summary_part", index: "summary_index", list: "summary", type: "summary_text" };
export const THOUGHT: Form = { text: "response.reasoning_text", part: "response.content_part", index: "content_index", list: "content", type: "reasoning_text" };

type Part = { readonly form: Form; readonly template: JsonObject; text: string; readonly annotations: Json[] };

export type Item = {
  readonly index: number;
  readonly template: JsonObject;
  /** A part is begun here, and added with its first text. */
  begin(form: Form, template: JsonObject): void;
  say(form: Form, text: string, more: JsonObject): string;
  /** A piece of a call's arguments. */
  give(text: string, more?: JsonObject): string;
  annotate(annotation: Json): void;
  /** What its model needs to take this reasoning back. */
  encrypt(content: string): void;
  readonly arguments: string;
  /** The arguments are whole, so nothing of them is to come. */
  readonly isWhole: boolean;
  /** `own` is what the provider says the item has become. */
  close(own: JsonObject | null, status: "completed" | "incomplete"): string;
  /** Null until it is closed. */
  readonly done: JsonObject | null;
  /** As it stands in the response's end: as the provider says it there, where that says no more than went out. */
  last(own: JsonObject | undefined): JsonObject | null;
};

export function createItem(index: number, template: JsonObject, emit: Emit): Item {
  const id = template["id"];
  const parts: Part[] = [];
  let begun: { readonly form: Form; readonly template: JsonObject } | null = null;
  let given = "";
  let done: JsonObject | null = null;
  let encrypted: JsonObject = {};

  return {
    index,
    template,
    begin(form, its) {
      begun = { form, template: its };
    },
    say(form, text, more) {
      let out = "";
      let part = parts.at(-1);
      if (part === undefined || part.form !== form || begun !== null) {
        if (part !== undefined) out = closePart(part);
        part = { form, template: begun?.form === form ? begun.template : bare(form), text: "", annotations: [] };
        begun = null;
        parts.push(part);
        out += emit(`${form.part}.added`, { ...place(part), part: { ...part.template, text: "" } });
      }
      part.text += text;
      return out + emit(`${form.text}.delta`, { ...place(part), delta: text, ...(form === TEXT ? { logprobs: [] } : {}), ...more });
    },
    give(text, more = {}) {
      given += text;
      // Its arguments are no text, so they come whole.
      if (template["type"] === "tool_search_call") return "";
      return emit(template["type"] === "custom_tool_call" ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta", { item_id: id, output_index: index, delta: text, ...more });
    },
    annotate(annotation) {
      parts.at(-1)?.annotations.push(annotation);
    },
    encrypt(content) {
      encrypted = { encrypted_content: content };
    },
    get arguments() {
      return given;
    },
    get isWhole() {
      return given !== "" && parsedObject(given) !== null;
    },
    close(own, status) {
      if (done !== null) return "";
      const last = parts.at(-1);
      let out = last === undefined ? "" : closePart(last);
      const isCall = template["type"] === "function_call";
      const isSearch = template["type"] === "tool_search_call" && given !== "";
      // One that its provider tells of event by event was given nothing here.
      const isCustom = template["type"] === "custom_tool_call" && given !== "";
      if (isCustom) out += emit("response.custom_tool_call_input.done", { item_id: id, output_index: index, input: given });
      if (isCall) out += emit("response.function_call_arguments.done", { item_id: id, output_index: index, name: template["name"], arguments: given });
      done = own !== null && saysTheSame(own) ? own : { ...(own ?? template), ...encrypted, ...contentOf(own), ...(isCall ? { arguments: given } : {}), ...(isCustom ? { input: given } : {}), ...(isSearch ? { arguments: parsedObject(given) ?? {} } : {}), ...("status" in template ? { status } : {}) };
      return out + emit("response.output_item.done", { output_index: index, item: done });
    },
    get done() {
      return done;
    },
    last: (own) => (own !== undefined && done !== null && saysTheSame(own) ? own : done),
  };

  function place(part: Part): JsonObject {
    return { item_id: id, output_index: index, [part.form.index]: parts.filter((one) => one.form.list === part.form.list).indexOf(part) };
  }

  function closePart(part: Part): string {
    return (
      emit(`${part.form.text}.done`, { ...place(part), text: part.text, ...(part.form === TEXT ? { logprobs: [] } : {}) }) +
      emit(`${part.form.part}.done`, { ...place(part), part: partOf(part) })
    );
  }

  function partOf({ template: its, text, annotations, form }: Part): JsonObject {
    return { ...its, text, ...(form === TEXT ? { annotations } : {}) };
  }

  /** The provider's own item, where what was said is what it holds; annotations of its own and all. */
  function saysTheSame(own: JsonObject): boolean {
    return [TEXT, SUMMARY].every(({ list }) => {
      const texts = objects(own[list]).map((one) => one["text"]);
      const said = parts.filter((part) => part.form.list === list).map((part) => part.text);
      // A part that stayed empty was never added.
      return texts.filter((one) => typeof one === "string" && one !== "").join("\n\0") === said.join("\n\0");
    });
  }

  function contentOf(own: JsonObject | null): JsonObject {
    const lists: Record<string, Json> = {};
    for (const { list } of [TEXT, SUMMARY]) {
      const its = parts.filter((part) => part.form.list === list).map(partOf);
      if (its.length > 0 || objects(own?.[list]).length > 0) lists[list] = its as readonly Json[];
    }
    return lists;
  }
}

function bare(form: Form): JsonObject {
  return form === TEXT ? { type: form.type, annotations: [], logprobs: [], text: "" } : { type: form.type, text: "" };
}
