// `ward explain CODE`: one diagnostic at length.
import { didYouMean } from "../bind/nearest.ts";
import { explain } from "../report/index.ts";
import { RULES, rulesNamed } from "../rules/index.ts";
import { paletteFor } from "./color.ts";
import { complain, EXIT } from "./io.ts";
import { COLOR, table, type Verb } from "./verb.ts";

export const explainVerb: Verb = {
  name: "explain",
  about: "explain a diagnostic: its law, its reason, a program to avoid and one to prefer",
  takes: "[CODE]",
  least: 0,
  most: 1,
  flags: { color: COLOR },
  more: "CODE is a number (W1001) or a name (unresolved-name). Without one, all are listed.",
  async run(args, io) {
    const [asked] = args.given;
    if (asked === undefined) {
      io.out(`${table(RULES.map((rule) => [`${rule.code} ${rule.name}`, rule.law] as const)).join("\n")}\n`);
      return EXIT.clean;
    }
    const found = rulesNamed(asked);
    if (found.length === 0) {
      return complain(io, {
        message: `unknown diagnostic \`${asked}\``,
        help: didYouMean(asked, RULES.flatMap((rule) => [rule.code, rule.name])) ?? "`ward explain` lists them all",
      });
    }
    io.out(found.map((rule) => explain(rule, paletteFor(args, io))).join("\n"));
    return EXIT.clean;
  },
};
