// Policies of any size for the benches: rules of three kinds, a third each, that text like the upstream's keeps half alive.

/** The patterns of `count` rules, as written in a policy. None of them matches the bench's own texts. */
export function patterns(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => {
    const tag = word(at);
    if (at % 3 === 0) return `/OldClient\\(${tag}\\)/`;
    if (at % 3 === 1) return `/sk-[a-z]{3,12}_${tag}[0-9]{4,8}/`;
    return at % 2 === 0 ? `/foo_${tag}_secret/i` : `/\\bkey ${tag}\\b/`;
  });
}

/** A whole policy: a dispatcher that sends the bench's requests to a cascade of two targets on `base`, `count` rules on text. */
export function policy(count: number, base: string): string {
  const rules = patterns(count).map((pattern, at) => `rule r${at} on text { match ${pattern}  then block "found" }`);
  return `ward 1
provider up { kind = openai_compatible  base = "${base}" }
provider spare { kind = openai_compatible  base = "${base}" }
target bench = up "bench" { context = 128Ki  can = [tools, json]  price = $1/$2 }
target large = spare "large" { context = 200k  can = [tools, json, vision]  price = $3/$15 }
cascade steady {
  try bench { retry = 1  timeout = 20s  on = [rate_limit, overloaded, timeout, unavailable] }
  try large
}
dispatcher by-need {
  when request.needs has tools -> large
  when request.tokens <= 32Ki -> steady
  otherwise -> large
}
${rules.join("\n")}
model bench-model { route = by-need  rules = [${rules.map((_, at) => `r${at}`).join(", ")}] }
`;
}

/** A program of `models` models, ten lines each, that uses most of the language: for the compiler's bench. */
export function largeProgram(models: number): string {
  const blocks = Array.from(
    { length: models },
    (_, at) => `target t${at}a = p${at % 7} "model-${at}-a" { context = ${8 + (at % 9) * 8}Ki  output = 4Ki  can = [tools, json]  price = $1/$2 }
target t${at}b = p${(at + 3) % 7} "model-${at}-b" { context = ${64 + (at % 5) * 32}Ki  output = 8Ki  can = [tools, vision]  price = $3/$15 }
cascade c${at} { try t${at}a { retry = 1 } try t${at}b }
dispatcher d${at} {
  when request.needs has vision -> t${at}b
  when request.tokens <= ${4 + (at % 6)}Ki -> c${at}
  otherwise -> t${at}b
}
rule r${at} on text { match /secret-${word(at)}-[0-9]{4}/  then block "found" }
model m${at} { route = d${at}  rules = [r${at}] }`,
  );
  const providers = Array.from({ length: 7 }, (_, at) => `provider p${at} { kind = mock  zone = z${at % 3} }`);
  return ["ward 1", ...providers, ...blocks, ""].join("\n");
}

/**
 * A program of `models` models as a team with many rules would write it: each model asks about sets, enums, numbers and
 * sizes, is guarded twice, blends an alloy behind nested selectors, and has ten patterns of its own. Some forty lines each.
 */
export function richProgram(models: number): string {
  const providers = Array.from({ length: 6 }, (_, at) => `provider p${at} { kind = mock  zone = z${at % 3}  region = ${at % 2 === 0 ? "eu" : "us"} }`);
  const facts = `facts {
  caller.tier: enum(free, team, pro) from key
  caller.grade: int from key
  request.tags: set(pii, billing, legal) from header "X-Tags"
  request.lang: string from header "X-Lang"
}`;
  // Every model has targets of its own and shares others with its nine neighbours, as a catalogue is shared.
  const shared = Array.from({ length: Math.ceil(models / 10) }, (_, at) => `target s${at} = p${at % 6} "shared-${at}" { context = ${128 + (at % 3) * 64}Ki  output = 16Ki  can = [tools, json, vision]  price = $2/$14 }`);
  return ["ward 1", ...providers, facts, ...shared, ...Array.from({ length: models }, (_, at) => richModel(at)), ""].join("\n");
}

function richModel(at: number): string {
  const tag = word(at);
  const rules = patterns(10 * (at + 1)).slice(-10).map((pattern, n) => {
    if (n === 3) return `rule ${tag}-${n} on text { when request.tags has billing  match ${pattern}  then redact "[removed]" }`;
    if (n === 6) return `rule ${tag}-${n} on text {\n  match ${pattern}\n  then retry { limit = 1  remind = "say it another way" }\n  exhausted block "not ${tag}"\n}`;
    return `rule ${tag}-${n} on text { match ${pattern}  then block "found ${tag}" }`;
  });
  return `
target ${tag}-small = p${at % 6} "${tag}-small" { context = ${16 + (at % 5) * 8}Ki  output = 4Ki  can = [tools, json]  price = $1/$2 }
target ${tag}-middle = p${(at + 1) % 6} "${tag}-middle" { context = ${64 + (at % 4) * 16}Ki  output = 8Ki  can = [tools, json, vision]  price = $2/$9 }
target ${tag}-large = p${(at + 2) % 6} "${tag}-large" { context = 200k  output = 32Ki  can = [tools, vision, reasoning]  price = $3/$15 }
cascade ${tag}-steady {
  try ${tag}-small { retry = 1  timeout = 20s }
  try ${tag}-middle { on = [rate_limit, overloaded, timeout] }
  try ${tag}-large
}
alloy ${tag}-duo {
  blend ${tag}-middle * 2, ${tag}-large
  partial_context = true
}
dispatcher ${tag}-by-size { smallest of ${tag}-small, s${Math.floor(at / 10)}, ${tag}-large }
dispatcher ${tag}-by-need {
  when request.needs has vision -> ${tag}-duo
  when request.tags has legal and caller.tier != free -> ${tag}-large
  otherwise -> ${tag}-by-size
}
dispatcher ${tag} {
  when caller.tier == free and request.tokens > ${8 + (at % 4) * 2}Ki -> refuse "over the free size"
  when caller.grade > ${3 + (at % 3)} or caller.tier == pro -> ${tag}-steady
  when request.lang in ["de", "fr"] and request.turn < ${4 + (at % 5)} -> ${tag}-by-size
  when request.stream and request.output <= 4Ki -> ${tag}-by-need
  otherwise -> ${tag}-duo
}
guard ${tag}-pii { when request.tags has pii then only region ${at % 2 === 0 ? "eu" : "us"} }
guard ${tag}-zone { when caller.tier == free and request.tags has billing then never zone z${at % 3} }
${rules.join("\n")}
model ${tag}-model {
  route = ${tag}
  guards = [${tag}-pii, ${tag}-zone]
  rules = [${rules.map((_, n) => `${tag}-${n}`).join(", ")}]
  reserve = 1k
  limits = { cost = $1.00 }
}`;
}

/** A short word that differs for every number, of letters only. */
function word(at: number): string {
  let text = "";
  for (let rest = at + 27; rest > 0; rest = Math.floor(rest / 26)) text = String.fromCharCode(97 + (rest % 26)) + text;
  return text;
}
