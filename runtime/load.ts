// In: the text of a bundle. Out: the policy it holds, ready to plan with, or the reason why it is not served.
// From here on the bundle is one the compiler wrote, unchanged to the last byte, this runtime can do all that it asks
// for, and every id in it names something.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { BUNDLE_FORMAT, bundleSchema, canonical, digest, digestText, FEATURES, type Bundle, type Json } from "#contracts";
import { lookup, type Lookup } from "./plan/index.ts";
import { schemaProblem as uncheckable } from "./stream/index.ts";
import { brokenReference } from "./references.ts";

export type Loaded = Lookup & { readonly bundle: Bundle; readonly digest: string };
export type Problem = { readonly message: string; readonly help: string };
export type LoadResult = { readonly ok: true; readonly loaded: Loaded } | { readonly ok: false; readonly problem: Problem };

export function load(text: string): LoadResult {
  const parsed = parse(text);
  if (parsed.kind === "problem") return refuse(parsed);
  const problem = formatProblem(parsed.bundle) ?? tamperProblem(parsed.bundle, text) ?? schemaProblem(parsed.bundle);
  if (problem !== null) return refuse(problem);

  const bundle = parsed.bundle as unknown as Bundle;
  const unfit = featureProblem(bundle) ?? brokenReference(bundle.policy) ?? schemaOfRule(bundle);
  if (unfit !== null) return refuse(unfit);
  return { ok: true, loaded: { ...lookup(bundle.policy), bundle, digest: bundle.digest } };
}

function refuse({ message, help }: Problem): LoadResult {
  return { ok: false, problem: { message, help } };
}

type JsonObject = { readonly [key: string]: Json | undefined };

const REBUILD = "build it again with `ward build`";

function parse(text: string): { kind: "bundle"; bundle: JsonObject } | ({ kind: "problem" } & Problem) {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return { kind: "problem", message: "this is not a bundle: it is not JSON", help: "a bundle is what `ward build` writes; if this was one, it was cut or changed" };
  }
  if (!isObject(value)) return { kind: "problem", message: "this is not a bundle: it is not a JSON object", help: "a bundle is what `ward build` writes" };
  // What follows walks the value by recursion; no policy comes near this depth.
  if (!shallow(value, 2_000)) return { kind: "problem", message: "this bundle is nested too deep to be read", help: REBUILD };
  return { kind: "bundle", bundle: value };
}

function formatProblem(bundle: JsonObject): Problem | null {
  if (bundle["format"] === BUNDLE_FORMAT) return null;
  if (typeof bundle["format"] !== "string") return { message: "this is not a bundle: it has no `format`", help: "a bundle is what `ward build` writes" };
  return { message: `the bundle's format is \`${bundle["format"]}\` and this runtime reads \`${BUNDLE_FORMAT}\``, help: REBUILD };
}

/** One changed byte anywhere is found here: the text must be the canonical one, and the seal must be that text's. */
function tamperProblem(bundle: JsonObject, text: string): Problem | null {
  const { seal, ...sealed } = bundle;
  let unsealed: string;
  let whole: string;
  try {
    unsealed = canonical(sealed);
    whole = canonical(bundle);
  } catch {
    return { message: "the bundle was changed after it was built: it holds text that no bundle can hold", help: REBUILD };
  }
  if (text !== whole && text !== `${whole}\n`) {
    return { message: "the bundle was changed after it was built: its text is not in canonical form", help: `do not format or edit a bundle; ${REBUILD}` };
  }
  if (seal !== digestText(unsealed)) return { message: "the bundle was changed after it was built: its seal does not match its content", help: REBUILD };
  const policy = bundle["policy"];
  if (policy === undefined || bundle["digest"] !== digest(policy)) {
    return { message: "the bundle was changed after it was built: its digest does not match its policy", help: REBUILD };
  }
  return null;
}

let compiled: ValidateFunction | null = null;

/**
 * Compiled on the first load and kept (60 ms). A test checks the schema against its draft; that and optimised code, which
 * pays only for many bundles, would cost three times as much here.
 */
function validator(): ValidateFunction {
  compiled ??= new Ajv2020({ strict: false, validateSchema: false, meta: false, code: { optimize: false } }).compile(bundleSchema);
  return compiled;
}

function schemaProblem(bundle: JsonObject): Problem | null {
  const validate = validator();
  if (validate(bundle)) return null;
  const [first] = validate.errors ?? [];
  const where = first?.instancePath ? first.instancePath.slice(1).replaceAll("/", ".") : "the bundle";
  return { message: `the bundle does not have the shape of its format: \`${where}\` ${first?.message ?? "is wrong"}`, help: REBUILD };
}

function featureProblem(bundle: Bundle): Problem | null {
  const known: readonly string[] = FEATURES;
  const missing = bundle.policy.requires.filter((feature) => !known.includes(feature));
  if (missing.length === 0) return null;
  return { message: `the policy requires ${missing.map((one) => `\`${one}\``).join(", ")}, which this runtime cannot do`, help: "serve it with a newer runtime, or take what needs it out of the policy" };
}

function schemaOfRule(bundle: Bundle): Problem | null {
  for (const { id, match } of bundle.policy.rules) {
    const problem = match.kind === "schema" ? uncheckable(match) : null;
    if (problem !== null) return { message: `\`${id}\` expects a schema this runtime cannot check: ${problem}`, help: REBUILD };
  }
  return null;
}

function shallow(value: Json | undefined, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => shallow(inner, levels - 1));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
