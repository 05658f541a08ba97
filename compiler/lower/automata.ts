// The automata of a policy: for each model, channel and lane the rules that watch it, joined into one. Models that list
// the same rules share one; it is called after the first of them, so that declaring things in another order changes
// nothing.
import type { Automaton, Model, Rule } from "#contracts";
import { buildAutomaton } from "../patterns/index.ts";
import { patternOf } from "./rules.ts";

type Watch = Model["automata"][number];

export type Watched = { readonly automata: readonly Automaton[]; readonly watches: ReadonlyMap<string, readonly Watch[]> };

/** `models` sorted by id, each with its rules in the order it lists them. */
export function buildAutomata(models: readonly { readonly id: string; readonly rules: readonly Rule[] }[]): Watched {
  const automata = new Map<string, Automaton>();
  const watches = new Map<string, readonly Watch[]>();
  for (const { id, rules } of models) {
    const lanes = (["text", "reasoning"] as const).flatMap((channel) => (["hold", "observe"] as const).map((lane) => ({ channel, lane })));
    watches.set(
      id,
      lanes.flatMap(({ channel, lane }): readonly Watch[] => {
        const watching = rules.filter((rule) => rule.channel.kind === channel && laneOf(rule) === lane);
        if (watching.length === 0) return [];
        const key = watching.map((rule) => rule.id).join(" ");
        const built = automata.get(key) ?? build(`automaton:${id.slice(id.indexOf(":") + 1)}/${channel}/${lane}`, watching);
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

function build(id: string, rules: readonly Rule[]): Automaton {
  return buildAutomaton(id, rules.flatMap((rule) => {
    const pattern = patternOf(rule.match);
    return pattern === null ? [] : [{ id: rule.id, pattern }];
  }));
}
