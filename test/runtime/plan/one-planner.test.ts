// `eval`, `simulate` and every live request take their decision in one place. Two planners would agree until they did not.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url).pathname;
const sources = globSync(["runtime/**/*.ts", "compiler/**/*.ts"], { cwd: ROOT }).map((file) => ({ file: file.replaceAll("\\", "/"), text: readFileSync(`${ROOT}${file}`, "utf8") }));

test("there is one planner, and whoever decides asks it through its front door", () => {
  expect(sources.filter(({ text }) => /export function plan\(/.test(text)).map(({ file }) => file)).toEqual(["runtime/plan/plan.ts"]);
  const deciding = sources.filter(({ file, text }) => !file.startsWith("runtime/plan/") && /(?<![#.\w])decide\(/.test(text));
  expect(deciding.map(({ file }) => file)).toEqual(expect.arrayContaining(["compiler/cli/eval.ts", "runtime/gateway/story.ts"]));
  for (const { file, text } of deciding) expect({ file, asks: /import \{[^}]*\bplan\b[^}]*\} from "(#runtime\/plan|\.\.\/plan\/index\.ts)"/.test(text) }).toEqual({ file, asks: true });
});

test("only the planner reads the stages of planning, and the analysis, which is held to it by its law", () => {
  const reading = sources.filter(({ file, text }) => !file.startsWith("runtime/plan/") && /\b(capabilityFilter|contextFilter|guardFilter|prune)\b/.test(text));
  expect(reading.map(({ file }) => file)).toEqual(["compiler/analysis/answers.ts"]);
});
