// `ward check [PATH…]`: everything that is wrong with the programs, at once. No network, no environment.
import { dirname } from "node:path";
import type { AppliedFix } from "../check/fix.ts";
import type { Host } from "../host.ts";
import { checkPrograms, failOnOf, fixPrograms, type Checked } from "./check-programs.ts";
import { CONFIG } from "./config.ts";
import { hostAt } from "./files.ts";
import { exitCodeOf, FAIL_ON, failLevel, FINDINGS_FORMAT, renderFindings } from "./findings.ts";
import { programsOf, type Entry } from "./inputs.ts";
import { complain, ok, type Io, type Result } from "./io.ts";
import { givenFolders, lookedAt, recording } from "./looked.ts";
import { plural } from "./quantity.ts";
import { COLOR, type Arguments, type Verb } from "./verb.ts";
import { watching, type Pass } from "./watching.ts";

export const check: Verb = {
  name: "check",
  about: "say everything that is wrong with a policy",
  takes: "[PATH…]",
  least: 0,
  most: Infinity,
  flags: {
    format: FINDINGS_FORMAT,
    "fail-on": FAIL_ON,
    fix: { about: "apply the safe fixes, each checked again: it removes what it is for and brings nothing new" },
    watch: { about: "check again when a file changes, until Ctrl-C" },
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "A PATH is a .ward file, which is an entry, or a folder: then the entries its ward.json lists, or",
    "every .ward file in it that no other one there uses. Without a PATH it is the current folder.",
    "",
    "ward.json, of which every key may be left out:",
    '  { "entries": ["policy.ward"],',
    '    "levels": { "dispatcher-gap": "error", "W3010": "off" },',
    '    "thresholds": { "fail-on": "warning", "coverage": 90 } }',
    "A level is error, warning, info or off; an error cannot be lowered.",
  ].join("\n"),
  async run(args, io) {
    if (args.on("watch")) return watching(() => passOf(args, io), io);
    const { out, err, exit } = passOf(args, io);
    if (err !== "") io.err(err);
    if (out !== "") io.out(out);
    return exit;
  },
};

function passOf(args: Arguments, world: Io): Pass {
  let out = "";
  let err = "";
  const io: Io = { ...world, out: (text) => void (out += text), err: (text) => void (err += text) };
  const looked = lookedAt(givenFolders(args, io));
  const host = recording(hostAt(io.cwd), looked);

  const programs = programsOf(args, io);
  const result = programs.ok ? resultOf(programs.value, { args, host, io }) : programs;
  const exit = result.ok ? result.value.exit : complain(io, result.problem);
  for (const { path, config } of programs.ok ? programs.value : []) for (const read of [path, config.path ?? []].flat()) looked.folders.add(dirname(read));
  const basis = JSON.stringify([exit, out, result.ok ? result.value.sources : err]);
  return { exit, out, err, basis, wrote: result.ok && result.value.wrote, folders: [...looked.folders].sort() };
}

type Work = { readonly args: Arguments; readonly host: Host; readonly io: Io };

function resultOf(programs: readonly Entry[], { args, host, io }: Work): Result<{ readonly exit: number; readonly sources: Checked["sources"]; readonly wrote: boolean }> {
  const fixed = args.on("fix") ? fixPrograms(programs, host, io.cwd) : ok({ checked: checkPrograms(programs, host), applied: null });
  if (!fixed.ok) return fixed;
  const { checked, applied } = fixed.value;
  if (applied !== null) io.err(fixesText(applied));
  const failOn = failLevel(args, failOnOf(programs));
  io.out(renderFindings({ ...checked, failOn }, args, io));
  return ok({ exit: exitCodeOf(checked.diagnostics, failOn), sources: checked.sources, wrote: applied !== null && applied.length > 0 });
}

function fixesText(applied: readonly AppliedFix[]): string {
  const files = new Set(applied.flatMap((fix) => fix.edits.map((one) => one.span.file)));
  const lines = applied.map(({ title, of }) => `${of.span.file}: ${title} (${of.code} ${of.name})`);
  return [...lines, applied.length === 0 ? "nothing to fix" : `${plural(applied.length, "fix", "fixes")} in ${plural(files.size, "file")}`, ""].join("\n");
}
