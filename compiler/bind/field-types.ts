// The types a field can have. Each says what an author is to write, and turns it into plain data: durations into
// milliseconds, money into millionths of a dollar, names into references.
import type { Setting, Target } from "#contracts";
import type { Value } from "#lang";
import { diagnose } from "../rules/rule.ts";
import { duplicateName } from "../rules/duplicate-name.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { fieldName, readFields, readValue, repeated, type FieldsOf, type FieldTable, type FieldType, type Got, type Reading } from "./fields.ts";
import { expectation, type Kind, type Reference } from "./names.ts";
import { didYouMean, listed } from "./nearest.ts";

/** JSON as it stands in a bundle, where no member is undefined. */
export type Json = Target["params"][string];

/** A whole number, or a count with a suffix. */
export function whole({ least, expected }: { readonly least: number; readonly expected?: string }): FieldType<number> {
  return {
    expected: expected ?? (least === 0 ? "a whole number" : `a whole number of at least ${least}`),
    read: (value) => ((value.kind === "number" || value.kind === "size") && isCount(value.value) && value.value >= least ? { value: value.value } : "mismatch"),
  };
}

export const tokens = whole({ least: 1, expected: "a number of tokens such as `32Ki`" });

export const bytes: FieldType<number> = {
  expected: "an amount of bytes such as `64KiB`",
  read: (value) => ((value.kind === "bytes" || value.kind === "number") && isCount(value.value) ? { value: value.value } : "mismatch"),
};

export const duration: FieldType<number> = {
  expected: "a duration such as `30s`",
  read: (value) => (value.kind === "duration" && isCount(value.value) ? { value: value.value } : "mismatch"),
};

/** From, to. */
export const durations: FieldType<{ readonly from: number; readonly to: number }> = {
  expected: "a range of durations such as `200ms..5s`",
  read: (value) => (value.kind === "range" && isCount(value.from.value) && isCount(value.to.value) && value.from.value <= value.to.value ? { value: { from: value.from.value, to: value.to.value } } : "mismatch"),
};

export const money: FieldType<number> = {
  expected: "an amount such as `$0.25`",
  read: (value) => (value.kind === "money" && isCount(value.value) ? { value: value.value } : "mismatch"),
};

export const price: FieldType<{ readonly input: number; readonly output: number }> = {
  expected: "a price such as `$3/$15` (input/output, per million tokens) or `free`",
  read(value) {
    if (value.kind === "name" && value.text === "free") return { value: { input: 0, output: 0 } };
    return value.kind === "price" && isCount(value.input) && isCount(value.output) ? { value: { input: value.input, output: value.output } } : "mismatch";
  },
};

export const text: FieldType<string> = {
  expected: "a string",
  read: (value) => (value.kind === "string" ? { value: value.value } : "mismatch"),
};

/** A name that nothing declares: zones, regions, sinks. */
export const word: FieldType<string> = {
  expected: "a name",
  read: (value) => (value.kind === "name" ? { value: value.text } : "mismatch"),
};

export const flag: FieldType<boolean> = {
  expected: "`true` or `false`",
  read: (value) => (value.kind === "name" && (value.text === "true" || value.text === "false") ? { value: value.text === "true" } : "mismatch"),
};

export function oneOf<const Word extends string>(words: readonly Word[]): FieldType<Word> {
  const expected = words.length === 1 ? `\`${words[0]}\`` : `one of ${listed(words, "or")}`;
  return {
    expected,
    read(value, reading) {
      if (value.kind !== "name") return "mismatch";
      const found = words.find((one) => one === value.text);
      if (found !== undefined) return { value: found };
      const meant = didYouMean(value.text, words);
      reading.report(diagnose(typeMismatch, { span: value.span, message: `${reading.what} cannot be \`${value.text}\``, help: meant ?? `it is ${expected}` }));
      return "reported";
    },
  };
}

/** Some of the words, each at most once; in the words' own order, because the author's means nothing. */
export function someOf<const Word extends string>(words: readonly Word[], noun: string): FieldType<readonly Word[]> {
  const all = listOf(oneOf(words), `a list of ${noun} such as \`[${words.slice(0, 2).join(", ")}]\``, (one) => one);
  return {
    expected: all.expected,
    read(value, reading) {
      const got = all.read(value, reading);
      return typeof got === "string" ? got : { value: words.filter((one) => got.value.includes(one)) };
    },
  };
}

/** `key` tells items apart where the same one must not come twice. */
export function listOf<T>(item: FieldType<T>, expected: string, key: ((item: T) => string) | null = null): FieldType<readonly T[]> {
  return {
    expected,
    read(value, reading) {
      if (value.kind !== "list") return "mismatch";
      const found = new Map<string, Value>();
      const items: T[] = [];
      let sound = true;
      for (const one of value.items) {
        const got = readValue(item, one, { ...reading, what: reading.what.startsWith("an item of ") ? reading.what : `an item of ${reading.what}`, at: one.span });
        if (got === null) {
          sound = false;
          continue;
        }
        const name = key?.(got.value) ?? String(items.length);
        const first = found.get(name);
        if (first === undefined) items.push(got.value);
        else reading.report(diagnose(duplicateName, { span: one.span, message: `\`${name.slice(name.indexOf(":") + 1)}\` is listed twice in ${reading.what}`, labels: [{ span: first.span, text: "first listed here" }], help: "remove one of the two" }));
        found.set(name, one);
      }
      return sound ? { value: items } : "reported";
    },
  };
}

export function reference<K extends Kind>(kinds: readonly K[]): FieldType<Reference<K>> {
  return {
    expected: kinds.length > 1 ? "the name of something to route to" : `the name of ${expectation(kinds)}`,
    read(value, reading) {
      if (value.kind !== "name") return "mismatch";
      const found = reading.names.resolve(value, kinds, reading.owner);
      return found === null ? "reported" : { value: found };
    },
  };
}

export function references<K extends Kind>(kind: K): FieldType<readonly Reference<K>[]> {
  return listOf(reference([kind]), `a list of ${kind}s such as \`[a, b]\``, (one) => one.id);
}

export function record<Table extends FieldTable>(table: Table): FieldType<FieldsOf<Table>> {
  const example = Object.keys(table).slice(0, 2).map((name) => `${name} = …`).join("  ");
  return {
    expected: `a record such as \`{ ${example} }\``,
    read(value, reading) {
      if (value.kind !== "record") return "mismatch";
      const got = readFields(table, value.fields, reading);
      return got === null ? "reported" : { value: got };
    },
  };
}

export const setting: FieldType<Setting> = {
  expected: "a string or `env(NAME)`",
  read(value) {
    if (value.kind === "string") return { value: { from: "literal", value: value.value } };
    return value.kind === "env" ? { value: { from: "env", variable: value.variable.text, fallback: value.fallback?.value ?? null } } : "mismatch";
  },
};

/** A base address: what is known of it now must be one. */
export const address: FieldType<Setting> = {
  expected: 'an http or https address such as `"http://127.0.0.1:11434/v1"`, or `env(NAME)`',
  read(value, reading) {
    const got = setting.read(value, reading);
    if (typeof got === "string") return got;
    const known = got.value.from === "literal" ? got.value.value : got.value.fallback;
    return known === null || isAddress(known) ? got : "mismatch";
  },
};

export const headers: FieldType<{ readonly [name: string]: Setting }> = {
  expected: 'a record such as `{ "X-Title" = "policy" }`',
  read(value, reading) {
    if (value.kind !== "record") return "mismatch";
    const byName = new Map<string, { readonly at: Value; readonly setting: Setting }>();
    let sound = true;
    for (const field of value.fields) {
      // A header's name has no case: written in lower case, two spellings of one header are found out.
      const name = fieldName(field).toLowerCase();
      const first = byName.get(name);
      if (first !== undefined) {
        reading.report(repeated(name, first.at, field));
        continue;
      }
      if (!isHeaderName(name)) {
        reading.report(diagnose(typeMismatch, { span: field.name.span, message: `\`${name}\` is not a header's name` }));
        sound = false;
      }
      const got = readValue(setting, field.value, { ...reading, what: `\`${name}\` of ${reading.what}`, at: field.value.span });
      if (got === null) sound = false;
      else byName.set(name, { at: field.value, setting: got.value });
    }
    return sound ? { value: Object.fromEntries([...byName].map(([name, one]) => [name, one.setting])) } : "reported";
  },
};

/** JSON in the language's own words: a request's parameters. */
export const json: FieldType<Json> = {
  expected: "a number, a string, `true`, `false`, `null`, a list or a record",
  read(value, reading): Got<Json> {
    switch (value.kind) {
      case "string": return { value: value.value };
      case "number": case "size": return Number.isFinite(value.value) ? { value: value.value } : "mismatch";
      case "name": return value.text === "null" ? { value: null } : flag.read(value, reading);
      case "list": return listOf(json, "").read(value, reading) as Got<Json>;
      case "record": return parameters.read(value, reading);
      default: return "mismatch";
    }
  },
};

export const parameters: FieldType<{ readonly [name: string]: Json }> = {
  expected: "a record such as `{ temperature = 0.2 }`",
  read(value, reading) {
    if (value.kind !== "record") return "mismatch";
    const given = new Map<string, { readonly at: Value; readonly value: Json }>();
    let sound = true;
    for (const field of value.fields) {
      const name = fieldName(field);
      const first = given.get(name);
      if (first !== undefined) {
        reading.report(repeated(name, first.at, field));
        continue;
      }
      const got = readValue(json, field.value, { ...reading, what: `\`${name}\` of ${reading.what}`, at: field.value.span });
      if (got === null) sound = false;
      else given.set(name, { at: field.value, value: got.value });
    }
    return sound ? { value: Object.fromEntries([...given].map(([name, one]) => [name, one.value])) } : "reported";
  },
};

export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

export type { Reading };
