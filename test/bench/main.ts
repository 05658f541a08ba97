// `npm run bench [section…]`: speed as ratios to a baseline of the same run. Timings never decide a test.
import { benchCompiler } from "./compiler.ts";
import { benchDiff } from "./diff.ts";
import { benchGateway } from "./gateway.ts";
import { benchMatcher } from "./matcher.ts";
import { benchPortkey } from "./portkey.ts";
import { benchWorkers } from "./workers.ts";

const sections: { readonly [name: string]: () => Promise<string> } = {
  compiler: benchCompiler,
  diff: benchDiff,
  matcher: benchMatcher,
  gateway: benchGateway,
  portkey: benchPortkey,
  workers: benchWorkers,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in sections));
if (unknown.length > 0) {
  process.stderr.write(`no such section: ${unknown.join(", ")}; there are ${Object.keys(sections).join(", ")}\n`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : Object.keys(sections)) process.stdout.write(`${await sections[name]!()}\n`);
