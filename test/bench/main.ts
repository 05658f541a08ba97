// `npm run bench [section…]`: speed as ratios to a baseline of the same run. Timings never decide a test.
import { benchCompiler } from "./compiler.ts";
import { benchDiff } from "./diff.ts";
import { benchGateway } from "./gateway.ts";
import { benchMatcher } from "./matcher.ts";
import { benchSoak } from "./soak.ts";

const sections: { readonly [name: string]: () => Promise<string> } = {
  compiler: benchCompiler,
  diff: benchDiff,
  matcher: benchMatcher,
  gateway: benchGateway,
};
/** Run only where they are asked for by name. */
const onRequest: typeof sections = { soak: benchSoak };
const all = { ...sections, ...onRequest };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in all));
if (unknown.length > 0) {
  process.stderr.write(`no such section: ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}\n`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : Object.keys(sections)) process.stdout.write(`${await all[name]!()}\n`);
