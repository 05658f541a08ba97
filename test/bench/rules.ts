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

/** A whole policy: one target on `base`, `count` rules on text. */
export function policy(count: number, base: string): string {
  const rules = patterns(count).map((pattern, at) => `rule r${at} on text { match ${pattern}  then block "found" }`);
  return `ward 1
provider up { kind = openai_compatible  base = "${base}" }
target bench = up "bench" { context = 128Ki  can = [tools, json]  price = $1/$2 }
${rules.join("\n")}
model bench-model { route = bench  rules = [${rules.map((_, at) => `r${at}`).join(", ")}] }
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

/** A short word that differs for every number, of letters only. */
function word(at: number): string {
  let text = "";
  for (let rest = at + 27; rest > 0; rest = Math.floor(rest / 26)) text = String.fromCharCode(97 + (rest % 26)) + text;
  return text;
}
