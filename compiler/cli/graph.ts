// `ward graph BUNDLE|ENTRY`: everything a request can go through, as a picture or as data.
import type { Model, PolicyGraph } from "#contracts";
import type { Loaded } from "#runtime";
import { lookup } from "#runtime/plan";
import { didYouMean } from "../bind/nearest.ts";
import { compareDrawn, dotOf, drawPolicy, mermaidOf, svgOf } from "../graph/index.ts";
import { CONFIG } from "./config.ts";
import { sideAt } from "./diff-side.ts";
import { writeText } from "./files.ts";
import { complain, EXIT, ok, wrong, type Io, type Result } from "./io.ts";
import { loaded } from "./program.ts";
import { COLOR, type Arguments, type Verb } from "./verb.ts";

export const graph: Verb = {
  name: "graph",
  about: "draw a policy: models, selectors, targets by zone, refusals, rules",
  takes: "BUNDLE|ENTRY",
  least: 1,
  most: 1,
  flags: {
    format: { value: "FORMAT", choices: ["mermaid", "dot", "svg", "json"], about: "how to draw it (mermaid)" },
    model: { value: "NAME", about: "draw only what this public model can reach" },
    diff: { value: "OLD", about: "colour what changed since this file, folder, bundle or git:REF[:PATH]" },
    output: { value: "FILE", short: "o", about: "where to write it (standard output)" },
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "An svg needs no browser and no script: it can be attached to a review as it is. The same policy gives the",
    "same bytes on every machine. With --diff, what was added is green, what was removed is red and dashed,",
    "and what changed is amber; the schema of json is contracts/schemas/graph.schema.json.",
  ].join("\n"),
  async run(args, io) {
    const program = loaded(args.given[0]!, args, io);
    if (!program.ok) return program.exit;
    const diff = args.text("diff");
    const old = diff === undefined ? null : sideAt(diff, args.given[0]!, { args, io });
    if (old !== null && !old.ok) return complain(io, old.problem);
    const before = old === null ? null : { ...lookup(old.value.bundle.policy), bundle: old.value.bundle, digest: old.value.bundle.digest };
    const drawn = drawingOf(program.value, before, args);
    if (!drawn.ok) return complain(io, drawn.problem);
    return write(render(drawn.value, args.text("format") ?? "mermaid"), args, io);
  },
};

function drawingOf(now: Loaded, old: Loaded | null, args: Arguments): Result<PolicyGraph> {
  const name = args.text("model");
  const models = chosen(now, name);
  const before = old === null ? [] : chosen(old, name);
  if (models.length === 0 && before.length === 0) return wrong(`unknown model \`${name}\``, didYouMean(name!, now.policy.models.map((one) => one.name)) ?? `it serves ${now.policy.models.map((one) => `\`${one.name}\``).join(", ")}`);
  const drawn = drawPolicy(now, models);
  return ok(old === null ? drawn.graph : compareDrawn(drawPolicy(old, before), drawn));
}

function chosen(program: Loaded, name: string | undefined): readonly Model[] {
  if (name === undefined) return program.policy.models;
  const model = program.modelNamed(name);
  return model === null ? [] : [model];
}

function render(drawn: PolicyGraph, format: string): string {
  switch (format) {
    case "svg":
      return svgOf(drawn);
    case "dot":
      return dotOf(drawn);
    case "json":
      return `${JSON.stringify(drawn, null, 2)}\n`;
    default:
      return mermaidOf(drawn);
  }
}

function write(text: string, args: Arguments, io: Io): number {
  const output = args.text("output");
  if (output === undefined || output === "-") {
    io.out(text);
    return EXIT.clean;
  }
  const written = writeText(io.cwd, output, text);
  return written.ok ? EXIT.clean : complain(io, written.problem);
}
