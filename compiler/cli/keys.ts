// `ward keys make|list|revoke`: who may call a gateway. A secret is printed once, when it is made, and is kept nowhere.
import { randomBytes } from "node:crypto";
import { ApiKey, KEY_ROLES, keyHash, type KeyLimits } from "#contracts";
import { didYouMean, listed } from "../bind/nearest.ts";
import { complain, EXIT, ok, wrong, type Io, type Result } from "./io.ts";
import { changeKeys, readKeys } from "./keys-file.ts";
import { FORMAT, table, type Arguments, type Flag, type Verb } from "./verb.ts";

const DEFAULT_KEYS = "keys.json";

const WHATS = ["make", "list", "revoke"] as const;
const LIMITS: { readonly [flag: string]: { readonly field: keyof KeyLimits; readonly money: 0 | 1; readonly about: string } } = {
  "requests-per-minute": { field: "requests_per_minute", money: 0, about: "requests it may make in a minute" },
  "tokens-per-minute": { field: "tokens_per_minute", money: 0, about: "tokens it may use in a minute, in and out" },
  "tokens-per-day": { field: "tokens_per_day", money: 0, about: "tokens it may use in a day of UTC" },
  "tokens-per-month": { field: "tokens_per_month", money: 0, about: "tokens it may use in a month" },
  "dollars-per-day": { field: "cost_per_day", money: 1, about: "dollars it may spend in a day of UTC" },
  "dollars-per-month": { field: "cost_per_month", money: 1, about: "dollars it may spend in a month" },
};

export const keys: Verb = {
  name: "keys",
  about: "make, list and revoke the API keys of a gateway",
  takes: "make|list|revoke [ID]",
  least: 1,
  most: 2,
  flags: {
    file: { value: "FILE", about: `the keys file (${DEFAULT_KEYS})` },
    name: { value: "NAME", about: "whose key it is, for whoever reads the list" },
    role: { value: "ROLE", choices: KEY_ROLES, about: "what it is for (serving)" },
    expires: { value: "WHEN", about: "a date as 2030-01-31, or days from now as 90d (never)" },
    claims: { value: "JSON", about: "what the key says of its caller: facts `from key`, tenant, application, agent, user" },
    models: { value: "NAMES", about: "the models it may use, with commas between them (all)" },
    ...Object.fromEntries(Object.entries(LIMITS).map(([flag, { about }]): [string, Flag] => [flag, { value: "N", about }])),
    "model-limits": { value: "LIMITS", about: "the same on one model: `chat dollars-per-day=2 requests-per-minute=10`, with commas between models" },
    format: FORMAT,
  },
  more: [
    "`make` prints the secret once: the file keeps its hash, and nobody can read it again. `revoke ID` holds within a second for a",
    "gateway that serves with this file; `list` shows every key and no secret. Budgets take the worst a request can use",
    "before it starts, and give back what it did not.",
  ].join("\n"),
  async run(args, io) {
    const [what, id] = args.given;
    const path = args.text("file") ?? DEFAULT_KEYS;
    switch (what) {
      case "make":
        return id === undefined ? make(path, args, io) : complain(io, { message: `\`ward keys make\` takes no \`${id}\``, help: "`--name` says whose key it is" });
      case "list":
        return id === undefined ? list(path, args, io) : complain(io, { message: `\`ward keys list\` takes no \`${id}\`` });
      case "revoke":
        return id === undefined ? complain(io, { message: "`ward keys revoke` needs the id of a key", help: "`ward keys list` shows them" }) : revoke(path, id, io);
      default:
        return complain(io, { message: `unknown \`ward keys ${what}\``, help: didYouMean(what!, WHATS) ?? `it is ${listed(WHATS, "or")}` });
    }
  },
};

function make(path: string, args: Arguments, io: Io): number {
  const made = keyFrom(args);
  if (!made.ok) return complain(io, made.problem);
  const { key, secret } = made.value;
  const written = changeKeys(io.cwd, path, (file) => ok({ file: { ...file, keys: [...file.keys, key] }, value: null }));
  if (!written.ok) return complain(io, written.problem);
  if (args.text("format") === "json") io.out(`${JSON.stringify({ id: key.id, secret }, null, 2)}\n`);
  else {
    io.out(`${secret}\n`);
    io.err(`made \`${key.id}\` in \`${path}\`; its secret is not shown again\n`);
  }
  return EXIT.clean;
}

function keyFrom(args: Arguments): Result<{ readonly key: ApiKey; readonly secret: string }> {
  const expires = expiryOf(args.text("expires"));
  if (!expires.ok) return expires;
  const claims = claimsOf(args.text("claims"));
  if (!claims.ok) return claims;
  const limits = limitsOf(args);
  if (!limits.ok) return limits;
  const onModels = modelLimitsOf(args.text("model-limits"));
  if (!onModels.ok) return onModels;
  const models = args.text("models")?.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (models?.length === 0) return wrong("`--models` names no model", "leave it out for all of them");
  const secret = `wwk_${randomBytes(32).toString("base64url")}`;
  const id = `key_${randomBytes(9).toString("base64url").replaceAll(/[-_]/g, "0")}`;
  const key = {
    id, name: args.text("name") ?? id, hash: keyHash(secret), role: args.text("role") ?? "serving", created: new Date().toISOString(), expires: expires.value, revoked: null,
    claims: claims.value, models: models ?? null, limits: limits.value, model_limits: onModels.value,
  };
  const checked = ApiKey.safeParse(key);
  if (checked.success) return ok({ key: checked.data as ApiKey, secret });
  const field = String(checked.error.issues[0]?.path[0] ?? "");
  return wrong(`\`--${field}\` cannot be that`, field === "claims" ? "claims are texts, whole numbers, true, false, and lists of texts" : undefined);
}

const DAY_MS = 86_400_000;

function expiryOf(text: string | undefined): Result<string | null> {
  if (text === undefined) return ok(null);
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  if (days !== undefined) return ok(new Date(Date.now() + Number(days) * DAY_MS).toISOString());
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (moment === null || Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== text) return wrong(`\`--expires\` cannot be \`${text}\``, "it is a date as 2030-01-31, or days from now as 90d");
  return moment.getTime() > Date.now() ? ok(moment.toISOString()) : wrong(`\`--expires\` is over: \`${text}\``);
}

function claimsOf(text: string | undefined): Result<unknown> {
  try {
    return ok(JSON.parse(text ?? "{}"));
  } catch {
    return wrong("`--claims` is not JSON", 'it is an object as {"tenant":"acme","caller.tier":"team"}');
  }
}

function limitsOf(args: Arguments): Result<KeyLimits> {
  const limits: { [field: string]: number } = {};
  for (const [flag, { field, money }] of Object.entries(LIMITS)) {
    const text = args.text(flag);
    if (text === undefined) continue;
    const value = amountOf(text, money);
    if (value === null) return wrong(`\`--${flag}\` cannot be \`${text}\``, helpFor(money));
    limits[field] = value;
  }
  return ok(limits);
}

/** `chat dollars-per-day=2 requests-per-minute=10, other tokens-per-day=1000` */
function modelLimitsOf(text: string | undefined): Result<{ readonly [model: string]: KeyLimits }> {
  const found = new Map<string, KeyLimits>();
  for (const one of text?.split(",") ?? []) {
    const [model = "", ...words] = one.trim().split(/\s+/);
    if (model === "" || model.includes("=") || words.length === 0) return wrong(`\`--model-limits\` cannot be \`${text}\``, "write a model and its limits, as `chat dollars-per-day=2`, with commas between models");
    if (found.has(model)) return wrong(`\`--model-limits\` names \`${model}\` twice`, "write all its limits behind one name");
    const limits: { [field: string]: number } = {};
    for (const word of words) {
      const at = word.indexOf("=");
      const [name, amount] = at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
      const limit = Object.hasOwn(LIMITS, name) ? LIMITS[name]! : null;
      if (limit === null) return wrong(`\`${name}\` in \`--model-limits\` is no limit`, didYouMean(name, Object.keys(LIMITS)) ?? `it is ${listed(Object.keys(LIMITS), "or")}`);
      const value = amountOf(amount, limit.money);
      if (value === null) return wrong(`\`${name}\` of \`${model}\` cannot be \`${amount}\``, helpFor(limit.money));
      limits[limit.field] = value;
    }
    found.set(model, limits);
  }
  return ok(Object.fromEntries(found));
}

function helpFor(money: 0 | 1): string {
  return money === 1 ? "it is an amount of dollars, as 12.50" : "it is a whole number from 1";
}

/** Null where it is none. */
function amountOf(text: string, money: 0 | 1): number | null {
  const plain = text.replaceAll("_", "").replace(/^\$/, money === 1 ? "" : "$");
  const value = money === 1 ? Math.round(Number(plain) * 1_000_000) : Number(plain);
  const shape = money === 1 ? /^\d{1,9}(\.\d{1,6})?$/ : /^\d{1,15}$/;
  return shape.test(plain) && value >= 1 ? value : null;
}

function list(path: string, args: Arguments, io: Io): number {
  const read = readKeys(io.cwd, path);
  if (!read.ok) return complain(io, read.problem);
  // A hash of 256 random bits gives nothing away; it is left out because nobody has a use for it.
  const shown = read.value.file.keys.map((key) => Object.fromEntries(Object.entries(key).filter(([field]) => field !== "hash")) as Omit<ApiKey, "hash">);
  if (args.text("format") === "json") io.out(`${JSON.stringify({ keys: shown }, null, 2)}\n`);
  else io.out(shown.length === 0 ? "no keys\n" : `${table(shown.map((key) => [key.id, lineOf(key)] as const)).join("\n")}\n`);
  return EXIT.clean;
}

function lineOf({ name, role, created, expires, revoked, claims, models, limits, model_limits }: Omit<ApiKey, "hash">): string {
  const state = revoked !== null ? `revoked ${day(revoked)}` : expires === null ? "active" : Date.parse(expires) <= Date.now() ? `expired ${day(expires)}` : `until ${day(expires)}`;
  const onModels = Object.entries(model_limits).map(([model, its]) => `${model}: ${limitTexts(its).join(", ")}`);
  const says = Object.entries(claims).map(([claim, value]) => `${claim}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [role.padEnd(7), `made ${day(created)}`, state, name, ...(says.length === 0 ? [] : [says.join(" ")]), ...(models === null ? [] : [models.join(",")]), ...limitTexts(limits), ...onModels].join("  ");
}

function limitTexts(limits: KeyLimits): readonly string[] {
  return Object.values(LIMITS).flatMap(({ field, money }) => (limits[field] === undefined ? [] : [`${money === 1 ? `$${limits[field] / 1_000_000}` : `${limits[field]}`} ${field.replace("cost_", "").replaceAll("_", " ")}`]));
}

function day(moment: string): string {
  return moment.slice(0, 10);
}

function revoke(path: string, id: string, io: Io): number {
  const done = changeKeys(io.cwd, path, (file) => {
    const key = file.keys.find((one) => one.id === id);
    if (key === undefined) return wrong(`no key \`${id}\` is in \`${path}\``, didYouMean(id, file.keys.map((one) => one.id)) ?? "`ward keys list` shows them");
    const revoked = key.revoked ?? new Date().toISOString();
    return ok({ file: { ...file, keys: file.keys.map((one) => (one.id === id ? { ...one, revoked } : one)) }, value: key.revoked === null });
  });
  if (!done.ok) return complain(io, done.problem);
  io.err(done.value ? `revoked \`${id}\`\n` : `\`${id}\` was revoked already\n`);
  return EXIT.clean;
}
