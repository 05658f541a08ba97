// In: a program and the decisions its tests do not show. Out: a test in Ward for each that one can be written for. Every
// one was run on the engine to learn what it expects, then compiled with the program and run as a test.
import { compile } from "../compile.ts";
import type { Host } from "../host.ts";
import { decisionsShown } from "./coverage.ts";
import type { Decision } from "./decisions.ts";
import { openTests, runAll, type TestProgram } from "./program.ts";
import { triesFor, type Try } from "./tries.ts";
import { writeTest, type Played } from "./write.ts";

/** `file` is where the test belongs: that of its model. */
export type Suggestion = { readonly file: string; readonly decision: Decision; readonly text: string };
export type Suggested = { readonly suggestions: readonly Suggestion[]; readonly without: readonly Decision[] };

/** A request that goes on longer than this is no example of anything. */
const MOST_ATTEMPTS = 100;

export async function suggest(program: TestProgram, uncovered: readonly Decision[], host: Host): Promise<Suggested> {
  const shown = new Set<string>();
  const titles = new Set(program.cases.map((one) => one.title));
  const drafts: Suggestion[] = [];
  for (const decision of uncovered) {
    if (shown.has(decision.key)) continue;
    const found = await show(decision, program);
    if (found === null) continue;
    for (const key of found.shown) shown.add(key);
    drafts.push({ file: fileOf(found.tried, program), decision, text: textOf(found, { decision, program, titles }) });
  }
  const suggestions = await proved(drafts, program, host);
  const lost = new Set(drafts.filter((one) => !suggestions.includes(one)).map((one) => one.decision));
  return { suggestions, without: uncovered.filter((one) => !shown.has(one.key) || lost.has(one)) };
}

type Shown = { readonly tried: Try; readonly played: readonly Played[]; readonly rehearsed: Awaited<ReturnType<TestProgram["stage"]["rehearse"]>>; readonly shown: ReadonlySet<string> };

/** The first request that brings the decision about. */
async function show(decision: Decision, { stage: { loaded, rehearse } }: TestProgram): Promise<Shown | null> {
  for (const tried of triesFor(decision, loaded)) {
    const played: Played[] = [];
    const rehearsed = await rehearse({
      request: tried.request,
      messages: messagesOf(tried),
      key: tried.key,
      script(target) {
        if (played.length >= MOST_ATTEMPTS) return null;
        const steps = tried.heard[Math.min(played.length, tried.heard.length - 1)]!;
        played.push({ name: target.name, steps });
        return steps;
      },
    });
    if (rehearsed.unscripted !== null) continue;
    const shown = decisionsShown(rehearsed, loaded);
    if (shown.has(decision.key)) return { tried, played, rehearsed, shown };
  }
  return null;
}

function textOf({ tried, played, rehearsed }: Shown, { decision, program, titles }: { readonly decision: Decision; readonly program: TestProgram; readonly titles: Set<string> }): string {
  const plain = decision.text.replaceAll("`", "");
  let title = plain;
  for (let n = 2; titles.has(title); n++) title = `${plain} (${n})`;
  titles.add(title);
  const also = decision.kind === "quiet" ? (["fired"] as const) : [];
  return writeTest({ title, rehearsal: { request: tried.request, messages: messagesOf(tried), key: tried.key }, played, rehearsed, also }, program.stage.loaded);
}

function messagesOf({ prompt }: Try): readonly { readonly role: string; readonly content: string }[] | null {
  return prompt === undefined ? null : [{ role: "user", content: prompt }];
}

function fileOf({ request }: Try, { compiled }: TestProgram): string {
  const { models, program } = compiled.bound!;
  return models.find(({ node }) => node.name.text === request.model)?.node.span.file ?? program.entry;
}

/** Those that compile and pass in the program they are for, all together if they can, else each by itself. */
async function proved(drafts: readonly Suggestion[], program: TestProgram, host: Host): Promise<readonly Suggestion[]> {
  if (drafts.length === 0 || (await pass(drafts, program, host))) return drafts;
  const good: Suggestion[] = [];
  for (const draft of drafts) if (await pass([draft], program, host)) good.push(draft);
  return good;
}

async function pass(drafts: readonly Suggestion[], { compiled: { bound, sources }, cases }: TestProgram, host: Host): Promise<boolean> {
  const added = new Map(sources.map(({ path, text }) => [path, [text, ...drafts.filter((one) => one.file === path).map((one) => one.text)].join("\n")]));
  const program = openTests(compile(bound!.program.entry, { read: (path) => added.get(path) ?? host.read(path) }));
  if (program === null) return false;
  const known = new Set(cases.map((one) => one.title));
  const results = await runAll(program, program.cases.filter((one) => !known.has(one.title)));
  return results.length === drafts.length && results.every((one) => one.failures.length === 0);
}
