// The review examples, tried as a reviewer would: a repository, a branch, a change, and what is then said.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WORKFLOW = readFileSync(join(ROOT, "examples/review/ward-review.yml"), "utf8");

const POLICY = `ward 1

facts {
  request.tags: set(pii) from trusted header "X-Tags"
}

provider house { kind = mock  zone = private }

provider sky { kind = mock  zone = cloud }

target local = house "local" {
  context = 32Ki
}

target large = sky "large" {
  context = 200k
}

dispatcher pick {
  when request.tags has pii -> local
  when request.tokens <= 8k -> local
  otherwise -> large
}

model chat {
  route = pick
}

test "personal data stays" {
  given { model = chat  tokens = 100  "request.tags" = [pii] }
  upstream local "ok"
  expect { attempts = [local] }
}
`;
/** A cloud fallback for personal data, and a limit raised. */
const CHANGED = POLICY.replace("when request.tags has pii -> local", "when request.tags has pii -> steady").replace("<= 8k", "<= 16k").replace("dispatcher pick {", "cascade steady {\n  try local\n  try large\n}\n\ndispatcher pick {");

type Repository = { readonly path: string; git(...words: readonly string[]): string; write(name: string, text: string): void; sh(script: string, env?: Readonly<Record<string, string>>): { readonly code: number | null; readonly out: string; readonly err: string } };

/** With the policy committed on `main`, which `origin/main` names too, and `ward` on the path. */
function repository(): Repository {
  const path = mkdtempSync(join(tmpdir(), "ward-review-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const work = join(path, "work");
  const bin = join(path, "bin");
  mkdirSync(work);
  mkdirSync(bin);
  writeFileSync(join(bin, "ward"), `#!/bin/sh\nexec '${process.execPath}' -C wardwright-source '${ROOT}compiler/cli/main.ts' "$@"\n`);
  chmodSync(join(bin, "ward"), 0o755);
  const env = {
    PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: path, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@example.com", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@example.com",
  };
  const one: Repository = {
    path: work,
    git: (...words) => execFileSync("git", words, { cwd: work, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
    write(name, text) {
      mkdirSync(dirname(join(work, name)), { recursive: true });
      writeFileSync(join(work, name), text);
    },
    sh(script, more = {}) {
      const { status, stdout, stderr } = spawnSync("/bin/sh", ["-e", "-c", script], { cwd: work, env: { ...env, ...more }, encoding: "utf8" });
      return { code: status, out: stdout, err: stderr };
    },
  };
  one.git("init", "-q", "-b", "main");
  one.write("policies/main.ward", POLICY);
  one.git("add", ".");
  one.git("commit", "-q", "-m", "the policy");
  one.git("update-ref", "refs/remotes/origin/main", "HEAD");
  return one;
}

/** The block of a workflow's step that follows `key: |`. */
function blockOf(step: string, key: string): string {
  const lines = WORKFLOW.split("\n");
  const from = lines.findIndex((line, at) => line.trim() === `${key}: |` && lines.slice(0, at).findLastIndex((one) => one.trim() === `- name: ${step}`) > lines.slice(0, at).findLastIndex((one) => one.trim().startsWith("- name:") && one.trim() !== `- name: ${step}`));
  if (from < 0) throw new Error(`the workflow has no \`${key}\` in \`${step}\``);
  const depth = /^ */.exec(lines[from + 1]!)![0].length;
  const end = lines.findIndex((line, at) => at > from && line.trim() !== "" && /^ */.exec(line)![0].length < depth);
  return lines.slice(from + 1, end < 0 ? undefined : end).map((line) => line.slice(depth)).join("\n");
}

describe("the workflow", { timeout: 60_000 }, () => {
  const compare = (repo: Repository) => repo.sh(blockOf("Compare", "run"), { BASE: "git:origin/main", POLICIES: "policies", GITHUB_STEP_SUMMARY: join(repo.path, "summary.md"), GITHUB_OUTPUT: join(repo.path, "output") });
  const read = (repo: Repository, name: string) => readFileSync(join(repo.path, name), "utf8");

  test("uses no action but those of the forge itself, each at a version", () => {
    const used = [...WORKFLOW.matchAll(/uses: (\S+)/g)].map(([, name]) => name!);
    expect(used).toEqual([expect.stringMatching(/^actions\/checkout@v\d+$/), expect.stringMatching(/^actions\/setup-node@v\d+$/), expect.stringMatching(/^actions\/github-script@v\d+$/)]);
  });

  test("says what a change does, draws it, and fails where something got weaker", () => {
    const repo = repository();
    repo.git("checkout", "-q", "-b", "change");
    repo.write("policies/main.ward", CHANGED);
    repo.git("commit", "-q", "-a", "-m", "a fallback");
    expect(compare(repo)).toMatchObject({ code: 0, err: "" });
    const comment = read(repo, "comment.md");
    expect(comment).toMatch(/^<!-- ward review -->\n/);
    expect(comment).toContain("breaking");
    expect(comment).toContain("request.tags has pii");
    expect(comment).toMatch(/<details>[\s\S]*```mermaid\nflowchart LR\n[\s\S]*:::added\n[\s\S]*\n```\n\n<\/details>\n$/);
    expect(read(repo, "summary.md")).toBe(comment);
    expect(read(repo, "output")).toBe("status=1\n");
  });

  test("says of a change of comments that every request is treated the same", () => {
    const repo = repository();
    repo.write("policies/main.ward", POLICY.replace("model chat", "/// For everyone.\nmodel chat"));
    expect(compare(repo)).toMatchObject({ code: 0 });
    expect(read(repo, "comment.md")).toContain("every request is treated the same");
    expect(read(repo, "output")).toBe("status=0\n");
  });

  test("says why it has nothing to say where the policy does not compile", () => {
    const repo = repository();
    repo.write("policies/main.ward", POLICY.replace("route = pick", "route = pikc"));
    const { code, err } = compare(repo);
    expect(code).toBe(2);
    expect(err).toContain("did you mean `pick`?");
  });

  test("writes one comment and afterwards keeps that one", async () => {
    const repo = repository();
    repo.write("comment.md", "<!-- ward review -->\nfirst");
    const comments: { readonly id: number; readonly user: { readonly type: string }; body: string }[] = [{ id: 1, user: { type: "User" }, body: "<!-- ward review --> quoted by a person" }];
    const rest = {
      listComments: null,
      createComment: async ({ body, issue_number }: { readonly body: string; readonly issue_number: number }) => void comments.push({ id: issue_number * 10, user: { type: "Bot" }, body }),
      updateComment: async ({ comment_id, body }: { readonly comment_id: number; readonly body: string }) => void (comments.find((one) => one.id === comment_id)!.body = body),
    };
    const github = { rest: { issues: rest }, paginate: async () => comments };
    const context = { repo: { owner: "o", repo: "r" }, payload: { pull_request: { number: 7 } } };
    const require = createRequire(import.meta.url);
    const here = (name: string): unknown => (name === "fs" ? { readFileSync: (path: string) => read(repo, path) } : require(name));
    // As the action itself runs a script.
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (...names: readonly string[]) => (...values: readonly unknown[]) => Promise<void>;
    const script = new AsyncFunction("github", "context", "require", blockOf("Comment", "script"));
    await script(github, context, here);
    repo.write("comment.md", "<!-- ward review -->\nsecond");
    await script(github, context, here);
    expect(comments.map(({ id, body }) => [id, body])).toEqual([[1, "<!-- ward review --> quoted by a person"], [70, "<!-- ward review -->\nsecond"]]);
  });
});

describe("the pre-commit hook", { timeout: 60_000 }, () => {
  const hooked = (): Repository => {
    const repo = repository();
    copyFileSync(join(ROOT, "examples/review/pre-commit"), join(repo.path, ".git/hooks/pre-commit"));
    chmodSync(join(repo.path, ".git/hooks/pre-commit"), 0o755);
    return repo;
  };
  const commit = (repo: Repository) => repo.sh("git commit -q -m change");

  test("lets a good policy in", () => {
    const repo = hooked();
    repo.write("policies/main.ward", POLICY.replace("<= 8k", "<= 4k"));
    repo.git("add", ".");
    expect(commit(repo)).toMatchObject({ code: 0 });
    expect(repo.git("log", "--oneline").trim().split("\n").length).toBe(2);
  });

  test.each<[string, string, string]>([
    ["has errors", POLICY.replace("route = pick", "route = pikc"), "did you mean `pick`?"],
    ["is not in the layout", POLICY.replace("context = 32Ki", "context   =  32Ki"), "pre-commit: write the layout with `ward fmt policies`"],
    ["fails its tests", POLICY.replace("has pii -> local", "has pii -> large"), "personal data stays"],
  ])("lets none in that %s", (_, text, said) => {
    const repo = hooked();
    repo.write("policies/main.ward", text);
    repo.git("add", ".");
    const { code, out, err } = commit(repo);
    expect(code).toBe(1);
    expect(out + err).toContain(said);
    expect(repo.git("log", "--oneline").trim().split("\n").length).toBe(1);
  });

  test("looks at what is committed, not at what lies beside it", () => {
    const repo = hooked();
    repo.write("policies/main.ward", POLICY.replace("route = pick", "route = pikc"));
    repo.git("add", ".");
    repo.write("policies/main.ward", POLICY);
    expect(commit(repo).code).toBe(1);
    repo.git("add", ".");
    repo.write("policies/main.ward", "not a policy");
    repo.write("notes.txt", "x");
    repo.git("add", "notes.txt");
    expect(commit(repo).code).toBe(0);
  });

  test("does not run where no policy is touched", () => {
    const repo = hooked();
    repo.write("notes.txt", "x");
    repo.git("add", ".");
    expect(repo.sh("git commit -q -m notes", { PATH: "/usr/bin:/bin" })).toMatchObject({ code: 0 });
  });
});
