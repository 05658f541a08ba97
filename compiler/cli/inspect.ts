// `ward inspect BUNDLE|ENTRY`: what a gateway that serves it offers, may reach and may cost.
import type { Rule, Target } from "#contracts";
import type { Loaded } from "#runtime";
import { modelRoutes, reach, worstCase, type Bounds } from "../analysis/index.ts";
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

export type Inspection = {
  readonly digest: string;
  readonly requires: readonly string[];
  readonly models: readonly {
    readonly id: string;
    readonly name: string;
    readonly aliases: readonly string[];
    /** Microdollars and milliseconds; a cost is null where a target on the way declares no price. */
    readonly worst: { readonly [of in keyof Bounds]: number | null };
    readonly limits: { readonly attempts: number; readonly cost: number | null; readonly wall: number };
    readonly zones: readonly string[];
    readonly targets: readonly string[];
    readonly guards: readonly string[];
    readonly rules: readonly { readonly id: string; readonly channel: string; readonly hold: string; readonly longest: number | null }[];
  }[];
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

function ruleRow({ id, channel, hold, longest }: Rule): Inspection["models"][number]["rules"][number] {
  return {
    id,
    channel: channel.kind === "tool" ? `tool "${channel.glob}"` : channel.kind,
    hold: hold.kind === "size" ? `${hold.characters} characters` : hold.kind,
    longest,
  };
}

function asText({ digest, requires, models }: Inspection): string {
  const head: (readonly [string, string])[] = [["digest", digest], ["requires", requires.length === 0 ? "nothing" : requires.join(", ")]];
  return [table(head), ...models.map(modelRows)].map((rows) => `${rows.join("\n")}\n`).join("\n");
}

function modelRows(model: Inspection["models"][number]): readonly string[] {
  const { worst, limits } = model;
  return table([
    ["model", [model.name, ...model.aliases].join(", ")],
    ["  worst case", worstText({ attempts: { value: worst.attempts }, cost: { value: worst.cost }, wall: { value: worst.wall } })],
    ["  stops at", [plural(limits.attempts, "attempt"), limits.cost === null ? null : dollars(limits.cost), milliseconds(limits.wall)].filter((part) => part !== null).join(", ")],
    ["  zones", model.zones.length === 0 ? "none" : model.zones.join(", ")],
    ["  targets", model.targets.join(", ")],
    ...(model.guards.length === 0 ? [] : [["  guards", model.guards.join(", ")] as const]),
    ...model.rules.map((rule) => ["  rule", `${rule.id} on ${rule.channel}, hold = ${rule.hold}, longest match ${rule.longest ?? "unbounded"}`] as const),
  ]);
}
