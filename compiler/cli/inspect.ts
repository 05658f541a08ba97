// `ward inspect BUNDLE|ENTRY`: what a gateway that serves it offers, may reach and may cost.
import type { InspectedModel, InspectedRule, Inspection, Rule, Target } from "#contracts";
import type { Loaded } from "#runtime";
import { modelRoutes, reach, worstCase } from "../analysis/index.ts";
import { CONFIG } from "./config.ts";
import { EXIT } from "./io.ts";
import { loaded } from "./program.ts";
import { dollars, milliseconds, plural, worstText } from "./quantity.ts";
import { COLOR, FORMAT, table, type Verb } from "./verb.ts";

export const inspect: Verb = {
  name: "inspect",
  about: "say what a policy offers, may reach and may cost",
  takes: "BUNDLE|ENTRY",
  least: 1,
  most: 1,
  flags: { format: FORMAT, config: CONFIG, color: COLOR },
  more: "The worst case is what the policy's structure allows; the runtime stops a request at the model's limits.",
  async run(args, io) {
    const program = loaded(args.given[0]!, args, io);
    if (!program.ok) return program.exit;
    const found = inspection(program.value);
    io.out(args.text("format") === "json" ? `${JSON.stringify(found, null, 2)}\n` : asText(found));
    return EXIT.clean;
  },
};

export function inspection(program: Loaded): Inspection {
  const { policy, digest, rules, providers } = program;
  return {
    digest,
    requires: policy.requires,
    models: policy.models.map((model) => {
      const { attempts, cost, wall } = model.limits;
      const reached = reach(program, modelRoutes(program, model));
      const targets = policy.targets.filter((target) => reached.has(target.id));
      const worst = worstCase(program, model);
      return {
        id: model.id,
        name: model.name,
        aliases: model.aliases,
        worst: { attempts: worst.attempts.value, cost: worst.cost.value, wall: worst.wall.value },
        reached_by: { attempts: worst.attempts.path, cost: worst.cost.path, wall: worst.wall.path },
        limits: { attempts, cost, wall },
        zones: zonesOf(targets, providers),
        targets: targets.map((target) => target.id),
        guards: model.guards,
        rules: model.rules.map((id) => ruleRow(rules.get(id)!)),
      };
    }),
  };
}

/** Zones its targets are in, guards aside; a target whose provider names none is in none. */
function zonesOf(targets: readonly Target[], providers: Loaded["providers"]): readonly string[] {
  const zones = targets.map((target) => providers.get(target.provider)!.zone).filter((zone) => zone !== null);
  return [...new Set(zones)].sort();
}

function ruleRow({ id, channel, match, hold, longest }: Rule): InspectedRule {
  return {
    id,
    channel: channel.kind === "tool" ? `tool "${channel.glob}"` : channel.kind,
    match: match.kind,
    hold: hold.kind === "size" ? `${hold.characters} characters` : hold.kind,
    longest,
  };
}

function asText({ digest, requires, models }: Inspection): string {
  const head: (readonly [string, string])[] = [["digest", digest], ["requires", requires.length === 0 ? "nothing" : requires.join(", ")]];
  return [table(head), ...models.map(modelRows)].map((rows) => `${rows.join("\n")}\n`).join("\n");
}

function modelRows(model: InspectedModel): readonly string[] {
  const { worst, limits } = model;
  return table([
    ["model", [model.name, ...model.aliases].join(", ")],
    ["  worst case", worstText({ attempts: { value: worst.attempts }, cost: { value: worst.cost }, wall: { value: worst.wall } })],
    ...pathRows(model),
    ["  stops at", [plural(limits.attempts, "attempt"), limits.cost === null ? null : dollars(limits.cost), milliseconds(limits.wall)].filter((part) => part !== null).join(", ")],
    ["  zones", model.zones.length === 0 ? "none" : model.zones.join(", ")],
    ["  targets", model.targets.join(", ")],
    ...(model.guards.length === 0 ? [] : [["  guards", model.guards.join(", ")] as const]),
    ...model.rules.map((rule) => ["  rule", `${rule.id} on ${rule.channel}, hold = ${rule.hold}, ${looksFor(rule)}`] as const),
  ]);
}

/** A text that is looked for has a length; what else is looked for is named. */
function looksFor({ match, longest }: InspectedRule): string {
  switch (match) {
    case "pattern":
    case "any":
      return `longest match ${longest ?? "unbounded"}`;
    case "json":
    case "schema":
      return `expects ${match}`;
    case "always":
      return "looks for nothing";
    default:
      return match;
  }
}

/** The arms taken and the rules that repeat on the way to the worst case: one way, or one for each measure. */
function pathRows({ reached_by }: InspectedModel): readonly (readonly [string, string])[] {
  const ways = [["  attempts by", reached_by.attempts], ["  cost by", reached_by.cost], ["  time by", reached_by.wall]] as const;
  const texts = ways.map(([label, path]) => [label, path.join(", ")] as const);
  const same = texts.every(([, text]) => text === texts[0]![1]);
  return (same ? [["  reached by", texts[0]![1]] as const] : texts).filter(([, text]) => text !== "");
}
