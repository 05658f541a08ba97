// `ward init [DIR]`: the first policy of a team, its test, and what CI runs. What it writes is green at once.
import { createText, existsAt, inFolder, shownPath } from "./files.ts";
import { listed } from "../bind/nearest.ts";
import { complain, EXIT } from "./io.ts";
import { table, type Verb } from "./verb.ts";
import { version } from "./version.ts";

export const init: Verb = {
  name: "init",
  about: "begin a policy: one file with a test, and a workflow for CI",
  takes: "[DIR]",
  least: 0,
  most: 1,
  flags: {},
  more: "Without a DIR it is the current folder. Where one of the files is there already, nothing is written.",
  async run(args, io) {
    const folder = shownPath(io.cwd, args.given[0] ?? ".");
    const files = [
      { path: inFolder(folder, "policy.ward"), text: POLICY, about: "a policy and its test" },
      { path: inFolder(folder, ".github/workflows/ward.yml"), text: workflow(version()), about: "checks and tests it on every push" },
    ];
    const there = files.filter((file) => existsAt(io.cwd, file.path)).map((file) => file.path);
    if (there.length > 0) return complain(io, { message: `${listed(there)} ${there.length === 1 ? "is" : "are"} there already, so nothing was written`, help: "begin in another folder: `ward init DIR`" });
    for (const file of files) {
      const written = createText(io.cwd, file.path, file.text);
      if (!written.ok) return complain(io, written.problem);
    }
    const [policy] = files;
    const rows = [
      [`  ward check ${policy!.path}`, "says everything that is wrong with it"],
      [`  ward test ${policy!.path}`, "runs its test"],
      [`  ward serve ${policy!.path}`, "answers clients; no key is needed"],
    ] as const;
    const elsewhere = folder === "" ? [] : ["", "GitHub reads workflows at the root of a repository alone: if this folder is not one, move `.github` there."];
    io.out([...table(files.map(({ path, about }) => [path, about] as const)), ...elsewhere, "", "next:", "", ...table(rows), ""].join("\n"));
    return EXIT.clean;
  },
};

const POLICY = `ward 1

/// Plays a model, so that nothing here needs a key. A real one: \`kind = openai  key = env(OPENAI_API_KEY)\`.
provider local { kind = mock  zone = private }

target small = local "small-1" {
  context = 32Ki
  output = 4Ki
  price = free
}

/// No key reaches a client, however it is cut into pieces on its way.
rule no-keys on text {
  match /sk-[0-9a-zA-Z]{16,64}/
  then redact "[key removed]"
}

/// What clients ask for.
model chat {
  route = small
  rules = [no-keys]
}

/// Proved for every way a request can take, fallbacks and retries too.
invariant "requests stay in the house" { for chat only zone private }

test "a key is taken out of the stream" {
  given { model = chat  stream = true }
  upstream small "the key is sk-" ~ "0123456789abcdef" ~ ", keep it"
  expect { attempts = [small]  fired = [no-keys]  released = "the key is [key removed], keep it" }
}
`;

function workflow(release: string): string {
  return `# What is wrong with a policy shows on the pull request, at its line.
name: ward
on: [push, pull_request]

permissions:
  contents: read

jobs:
  ward:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm install --global wardwright@${release}
      - run: ward check
      - run: ward fmt --check
      - run: ward test
`;
}
