// The automata of a policy: for each model, channel and lane the rules that watch it, joined into one. Models that list
// the same rules share one; it is called after the first of them, so that declaring things in another order changes
// nothing.
import type { Automaton, Model, Rule } from "#contracts";
import { buildAutomaton, type Pattern } from "../patterns/index.ts";

type Watch = Model["automata"][number];

export type Watched = { readonly automata: readonly Automaton[]; readonly watches: ReadonlyMap<string, readonly Watch[]> };

/** `models` sorted by id, each with its rules in the order it lists them; `patterns` by the ids of rules. */
export function buildAutomata(models: readonly { readonly id: string; readonly rules: readonly Rule[] }[], patterns: ReadonlyMap<string, { readonly pattern: Pattern }>): Watched {
  const automata = new Map<string, Automaton>();
  const watches = new Map<string, readonly Watch[]>();
  for (const { id, rules } of models) {
    const lanes = (["text", "reasoning", "tool", "output", "request"] as const).flatMap((channel) => (["hold", "observe"] as const).map((lane) => ({ channel, lane })));
    watches.set(
      id,
      lanes.flatMap(({ channel, lane }): readonly Watch[] => {
        const watching = rules.filter((rule) => rule.channel.kind === channel && laneOf(rule) === lane && patterns.has(rule.id));
        if (watching.length === 0) return [];
        const key = watching.map((rule) => rule.id).join(" ");
        const built = automata.get(key) ?? buildAutomaton(`automaton:${id.slice(id.indexOf(":") + 1)}/${channel}/${lane}`, watching.map((rule) => ({ id: rule.id, pattern: patterns.get(rule.id)!.pattern })));
        automata.set(key, built);
        return [{ channel, lane, automaton: built.id }];
      }),
    );
  }
  return { automata: [...automata.values()], watches };
}

/** Only a rule that is enforced and holds can keep text back; the others look on. */
function laneOf(rule: Rule): Watch["lane"] {
  return rule.mode === "enforce" && rule.hold.kind !== "none" ? "hold" : "observe";
}
