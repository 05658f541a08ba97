// `eval`, `simulate` and every live request take their decision in one place. Two planners would agree until they did not.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url).pathname;
const sources = globSync(["runtime/**/*.ts", "compiler/**/*.ts"], { cwd: ROOT }).map((file) => ({ file: file.replaceAll("\\", "/"), text: readFileSync(`${ROOT}${file}`, "utf8") }));

test("there is one planner, and whoever decides asks it through its front door", () => {
  expect(sources.filter(({ text }) => /export function plan\(/.test(text)).map(({ file }) => file)).toEqual(["runtime/plan/plan.ts"]);
  const deciding = sources.filter(({ file, text }) => !file.startsWith("runtime/plan/") && /(?<![#.\w])decide\(/.test(text));
  expect(deciding.map(({ file }) => file)).toEqual(expect.arrayContaining(["compiler/cli/eval.ts", "runtime/gateway/story.ts"]));
  const asks = (text: string): boolean => /import \{[^}]*\bplan\b[^}]*\} from "(#runtime\/plan|(\.\.\/)+plan\/index\.ts)"/.test(text);
  // Where there is a prompt, its rules have a say in the plan, live and simulated alike.
  const asksGoverned = (text: string): boolean => /import \{[^}]*\bgoverned\b[^}]*\} from "(\.|\.\.\/gateway)\/request\/governed\.ts"/.test(text);
  expect(asks(sources.find(({ file }) => file === "runtime/gateway/request/governed.ts")!.text)).toBe(true);
  for (const { file, text } of deciding) expect({ file, asks: asks(text) || asksGoverned(text) }).toEqual({ file, asks: true });
});

test("only the planner reads the stages of planning, and the analysis, which is held to it by its law", () => {
  const reading = sources.filter(({ file, text }) => !file.startsWith("runtime/plan/") && /\b(capabilityFilter|contextFilter|guardFilter|prune)\b/.test(text));
  expect(reading.map(({ file }) => file)).toEqual(["compiler/analysis/answers.ts"]);
});
