// A difference as annotations of GitHub Actions, on the lines of the new side where it has any.
import type { Difference, DifferencePlace, DifferenceSeverity } from "#contracts";
import { annotation, inRepository, type Annotated } from "../report/index.ts";
import { rank } from "./severity.ts";
import { conditions, counted, SHOWN, subject, verdict, wasAndNow, witnessText } from "./words.ts";

/** What is at or above `failOn` is an error. `folder`: where in the repository the paths of the new side begin. */
export type Annotating = { readonly failOn: DifferenceSeverity; readonly folder: string };

export function differenceAsGithub(difference: Difference, { failOn, folder }: Annotating): string {
  const at = (place: DifferencePlace | null): Annotated["place"] => (place === null || place.text === null ? null : placed(place, folder));
  const command = (severity: DifferenceSeverity): string => (rank(severity) <= rank(failOn) ? "error" : "notice");
  const { regions, definitions, unproved } = difference;
  const rest = regions.slice(SHOWN);
  return [
    ...regions.slice(0, SHOWN).map((one) => {
      const [was, now] = wasAndNow(one);
      const body = [...one.changes, `where: ${conditions(one).join(" and ")}`, `was: ${was}`, `now: ${now}`, `witness: ${JSON.stringify(one.witness)}`];
      return annotation(command(one.severity), { title: `${one.severity}: ${one.model}`, place: at(one.new) }, body.join("\n"));
    }),
    ...(rest.length === 0 ? [] : [annotation("notice", { title: "ward diff", place: null }, `and ${rest.length} more regions: ${counted(rest.map((one) => one.severity))}`)]),
    ...definitions.map((one) => {
      const shown = witnessText(one);
      return annotation(command(one.severity), { title: `${one.severity}: ${subject(one)}`, place: at(one.new) }, [one.change, ...(shown === null ? [] : [`witness: ${shown}`])].join("\n"));
    }),
    ...unproved.map((one) => annotation("error", { title: "not proved", place: null }, one)),
    `${verdict(difference)}\n`,
  ].join("");
}

function placed({ file, line, column, endLine, endColumn }: DifferencePlace, folder: string): NonNullable<Annotated["place"]> {
  return { file: inRepository(folder, file), start: { line, column }, end: { line: endLine, column: endColumn } };
}
