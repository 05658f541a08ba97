// `ward diff OLD NEW`: which requests two policies treat differently, exactly, and what else they define differently.
import { DIFFERENCE_SEVERITIES, type Difference, type DifferenceSeverity } from "#contracts";
import { diff as compare, differenceAsGithub, differenceAsMarkdown, differenceAsText, rank, type Came, type Program } from "../diff/index.ts";
import { paletteFor } from "./color.ts";
import { CONFIG } from "./config.ts";
import { sideAt } from "./diff-side.ts";
import { folderInRepository } from "./findings.ts";
import { complain, EXIT, ok, type Io, type Result } from "./io.ts";
import { receiptsFrom } from "./receipt-source.ts";
import { COLOR, type Arguments, type Verb } from "./verb.ts";

export const diff: Verb = {
  name: "diff",
  about: "say exactly which requests a change treats differently",
  takes: "OLD NEW",
  least: 2,
  most: 2,
  flags: {
    "fail-on": { value: "SEVERITY", choices: DIFFERENCE_SEVERITIES, about: "end with 1 from this severity up (stricter)" },
    format: { value: "FORMAT", choices: ["text", "json", "github", "markdown"], about: "how to print it (text; github in GitHub Actions)" },
    receipts: { value: "STORE", about: "rank by the share of these receipts: a store's URL or folder, or a file with one a line" },
    config: CONFIG,
    color: COLOR,
  },
  more: [
    "A side is a .ward file, a folder with one entry, a bundle, or git:REF[:PATH], the same as a commit has it;",
    "git:REF alone means the path of the other side. What a policy uses comes from the same commit. A PATH is as",
    "seen from the current folder, there too.",
    "",
    "Severities, the most severe first:",
    "  breaking     a public model or an invariant is gone; what was served is refused, or can reach another zone",
    "  weaker       a rule or guard lets more through; a limit is raised; receipts record less",
    "  routing      another target is asked first, or another distribution",
    "  reliability  what follows a failure: fallbacks, retries, timeouts",
    "  cost         prices",
    "  stricter     the other way round",
    "  cosmetic     names and messages; no request and no protection is different",
    "",
    "Ends with 0 where nothing differs at or above --fail-on, with 1 where something does or not everything",
    "could be compared, and with 2 where a side cannot be read or does not compile. Comments and layout are no",
    "difference. The schema of json is contracts/schemas/difference.schema.json.",
  ].join("\n"),
  async run(args, io) {
    const [first, second] = args.given as readonly [string, string];
    const old = sideAt(first, second, { args, io });
    if (!old.ok) return complain(io, old.problem);
    const now = sideAt(second, first, { args, io });
    if (!now.ok) return complain(io, now.problem);
    const receipts = await requestsIn(args.text("receipts"), io);
    if (!receipts.ok) return complain(io, receipts.problem);
    const difference = compare(old.value, now.value, receipts.value === null ? {} : { receipts: receipts.value });
    const failOn = (args.text("fail-on") ?? "stricter") as DifferenceSeverity;
    io.out(render(difference, { args, io, failOn, old: old.value, now: now.value }));
    const reached = difference.severity !== null && rank(difference.severity) <= rank(failOn);
    // Where not everything was compared nobody can say that nothing is there.
    return reached || !difference.proved ? EXIT.findings : EXIT.clean;
  },
};

type Rendering = { readonly args: Arguments; readonly io: Io; readonly failOn: DifferenceSeverity; readonly old: Program; readonly now: Program };

function render(difference: Difference, { args, io, failOn, old, now }: Rendering): string {
  switch (args.text("format") ?? (io.env["GITHUB_ACTIONS"] === "true" ? "github" : "text")) {
    case "json":
      return `${JSON.stringify(difference, null, 2)}\n`;
    case "github":
      return differenceAsGithub(difference, { failOn, folder: folderInRepository(io) });
    case "markdown":
      return differenceAsMarkdown(difference, { old: old.label, now: now.label });
    default:
      return differenceAsText(difference, paletteFor(args, io));
  }
}

/** What was asked, as each receipt holds it, by the name it was asked under. */
async function requestsIn(given: string | undefined, io: Io): Promise<Result<readonly Came[] | null>> {
  if (given === undefined) return ok(null);
  const requests: Came[] = [];
  for await (const receipt of receiptsFrom(given, {}, io)) {
    if (!receipt.ok) return receipt;
    const { request, model, declared } = receipt.value;
    // Receipts of before it was recorded do not have it.
    requests.push({ request: { ...request, model: model.requested }, declared: declared ?? [] });
  }
  return ok(requests);
}
