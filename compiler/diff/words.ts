// Differences as people read them, whatever the format.
import { CAPABILITIES, DIFFERENCE_SEVERITIES, type Decision, type Difference, type DifferencePlace, type DifferenceSeverity, type DifferingDefinition, type DifferingRegion } from "#contracts";
import { milliseconds, plural } from "../cli/quantity.ts";

/** Regions told in full; the rest are counted. */
export const SHOWN = 5;

/** Who may serve the request, in order, or why nobody does. */
function inBrief(decision: Decision | null): string {
  if (decision === null) return "no such escalation";
  if (decision.refusal !== null) return `refused: ${decision.refusal.code}, ${decision.refusal.message}`;
  const attempts = decision.attempts.map(({ target, retries, timeout }) => {
    const more = [...(retries === 0 ? [] : [plural(retries, "retry").replace("retrys", "retries")]), ...(timeout === null ? [] : [`within ${milliseconds(timeout)}`])];
    return more.length === 0 ? target : `${target} (${more.join(", ")})`;
  });
  const draws = decision.alloys.filter((one) => one.pick !== "all" && one.shares.length > 1);
  const drawn = draws.map(({ id, pick, shares }) => `${bare(id)} draws${pick === "weighted" ? "" : ` by ${pick}`} ${shares.map(({ part, share }) => `${part.slice(part.lastIndexOf(":") + 1)} ${share}`).join(", ")}`);
  return [attempts.length > 12 ? [...attempts.slice(0, 12), `${attempts.length - 12} more`].join(", ") : attempts.join(", then "), ...drawn].join("; ");
}

/** Both sides of a region, with their rules where those differ. */
export function wasAndNow({ was, now }: DifferingRegion): readonly [string, string] {
  const rules = (one: Decision | null): string => (one === null || was === null || now === null || was.refusal !== null || now.refusal !== null || was.rules.join() === now.rules.join() ? "" : `; watched by ${one.rules.map(bare).join(", ") || "no rule"}`);
  return [`${inBrief(was)}${rules(was)}`, `${inBrief(now)}${rules(now)}`];
}

/** Its conditions, those on many members of one set in one. */
export function conditions({ where, exact }: DifferingRegion): readonly string[] {
  if (where.length === 0) return [exact ? "every request" : "some requests, found by trying"];
  const without = /^not (\S+) has (\S+)$/;
  const lacked = where.flatMap((one): readonly string[] => {
    const [, fact, member] = without.exec(one) ?? [];
    return fact === "request.needs" ? [member!] : [];
  });
  if (lacked.length < 3) return where;
  const others = CAPABILITIES.filter((one) => !lacked.includes(one));
  const shorter = others.length === 0 ? "request.needs is empty" : others.length <= lacked.length ? `request.needs has nothing but ${others.join(", ")}` : `request.needs has none of ${lacked.join(", ")}`;
  const first = where.findIndex((one) => one === `not request.needs has ${lacked[0]}`);
  return where.flatMap((one, at) => (at === first ? [shorter] : lacked.some((member) => one === `not request.needs has ${member}`) ? [] : [one]));
}

export function placeText({ file, line, text }: DifferencePlace): string {
  return `${file}:${line}${text === null ? "" : `  ${text}`}`;
}

/** `rule no-old-client`; an invariant is called by its title, which the change says. */
export function subject({ kind, id }: DifferingDefinition): string {
  return kind === "invariant" ? "invariant" : kind === "fact" ? `fact ${id}` : `${kind} ${bare(id)}`;
}

export function witnessText({ witness }: DifferingDefinition): string | null {
  if (witness === null) return null;
  return witness.kind === "text" ? `${JSON.stringify(witness.text)}, matched by the ${witness.matches} one only` : JSON.stringify(witness.request);
}

/** `2 breaking, 1 routing`. */
export function counted(severities: readonly DifferenceSeverity[]): string {
  return DIFFERENCE_SEVERITIES.flatMap((one) => {
    const count = severities.filter((other) => other === one).length;
    return count === 0 ? [] : [`${count} ${one}`];
  }).join(", ");
}

export function share({ receipts }: DifferingRegion, { receipts: all }: Difference): string | null {
  if (receipts === null || all === null) return null;
  return `${receipts.count} of ${plural(all.total, "stored receipt")}${receipts.count === 0 ? "" : ` (${percent(receipts.share)})`}`;
}

export function receiptsText({ receipts }: Difference): string | null {
  if (receipts === null) return null;
  const unknown = receipts.unknown === 0 ? "" : `, ${receipts.unknown} do not hold enough to tell`;
  return `of ${plural(receipts.total, "stored receipt")} ${receipts.different} would be treated differently, ${receipts.same} the same${unknown}`;
}

/** One sentence. */
export function verdict({ regions, definitions, proved, same, severity }: Difference): string {
  if (same) return "proved: every request is treated the same";
  const loud = definitions.filter((one) => one.severity !== "cosmetic");
  if (regions.length === 0 && loud.length === 0) return "no difference was found, and not everything was compared";
  const routes = regions.length > 0 ? `${plural(regions.length, "region")} of requests ${regions.length === 1 ? "is" : "are"} treated differently` : proved ? "proved: every request takes the same route" : "no request was found that takes another route";
  return [routes, ...(loud.length === 0 ? [] : [`${plural(loud.length, "definition")} ${loud.length === 1 ? "differs" : "differ"}`]), `the most severe is ${severity}`].join("; ");
}

function percent(share: number): string {
  return share < 0.001 ? "less than 0.1%" : `${Number((share * 100).toPrecision(3))}%`;
}

function bare(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}
