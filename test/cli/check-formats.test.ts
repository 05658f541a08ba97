// Findings for machines that read lines: the workflow commands of GitHub Actions and JUnit's XML, read back by the rules
// their readers follow.
import { describe, expect, test } from "vitest";
import type { Diagnostic, SourceFile } from "#lang";
import { renderGithub, renderJunit } from "../../compiler/report/index.ts";
import { files, found } from "../compiler/report/sample.ts";
import { folderOf } from "../support/ward.ts";

const bad = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\nmodel chat { route = ecko }\n';

type Command = { readonly command: string; readonly properties: { readonly [name: string]: string }; readonly data: string };

/** As the runner reads a line (actions/runner, ActionCommand): first split, then unescape. */
function commandIn(line: string): Command {
  const [, command, list, data] = /^::([^ :]+) ([^:]*)::(.*)$/s.exec(line)!;
  const plain = (text: string) => text.replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
  const properties = list!.split(",").map((pair) => [pair.slice(0, pair.indexOf("=")), plain(pair.slice(pair.indexOf("=") + 1))] as const);
  return { command: command!, properties: Object.fromEntries(properties), data: data!.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%") };
}

describe("annotations", () => {
  const commandsOf = (of: readonly Diagnostic[], sources: readonly SourceFile[], folder?: string) => renderGithub(of, sources, folder).trimEnd().split("\n").map(commandIn);

  test("say of each finding what it is called, where it is, and what to do", () => {
    const commands = commandsOf(found, files);
    expect(commands).toHaveLength(found.length);
    for (const [index, { command, properties, data }] of commands.entries()) {
      const one = found[index]!;
      expect(command).toBe({ error: "error", warning: "warning", info: "notice" }[one.severity]);
      expect(properties).toMatchObject({ file: one.span.file, title: `${one.code} ${one.name}` });
      expect(data.startsWith(one.message)).toBe(true);
      if (one.help !== undefined) expect(data).toContain(one.help);
      if (one.witness !== undefined) expect(data).toContain(JSON.stringify(one.witness));
    }
  });

  test("mean the same after their reader has taken them apart, whatever is in them", () => {
    const path = "a,b::c%2C/po licy\r\n.ward";
    const message = "100 %25 of `::error::`, line one\r\nline two";
    const [command] = commandsOf([{ code: "W1001", name: "unresolved-name", severity: "error", message, labels: [], span: { file: path, start: 0, end: 4 } }], [{ path, text: "ward 1\n" }]);
    expect(command).toEqual({ command: "error", properties: { file: path, line: "1", endLine: "1", col: "1", endColumn: "5", title: "W1001 unresolved-name" }, data: message });
  });

  test("name files as the repository does, also from a folder of it", async () => {
    const folder = folderOf({ "team/policies/policy.ward": bad });
    const fileFor = async (root: string | undefined) => {
      const { out } = await folder.run(["check", "team/policies"], { env: { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: root } });
      return commandIn(out.split("\n")[0]!).properties["file"];
    };
    expect(await fileFor(folder.path)).toBe("team/policies/policy.ward");
    expect(await fileFor(`${folder.path}/..`)).toBe(`${folder.path.split("/").at(-1)}/team/policies/policy.ward`);
    expect(await fileFor(undefined)).toBe("team/policies/policy.ward");
    expect(await fileFor("/somewhere/else")).toBe("team/policies/policy.ward");
    expect(await fileFor(`${folder.path}/team`)).toBe("team/policies/policy.ward");
  });
});

describe("JUnit", () => {
  test("is XML: every tag is closed, every character may stand where it stands", () => {
    const odd: Diagnostic = { ...found[0]!, message: 'a < b && "c" > \u0000 \u001b[0m \ud800 ]]> \ufffe' };
    const tree = xml(renderJunit([...found, odd], files));
    // One for each finding, and one for the file in which nothing was found.
    expect(tree.filter((tag) => tag.name === "testcase")).toHaveLength(found.length + 1 + 1);
    expect(tree.find((tag) => tag.name === "failure" && tag.attributes["message"]!.startsWith("a < b"))!.attributes["message"]).toBe('a < b && "c" > \ufffd \ufffd[0m \ufffd ]]> \ufffd');
  });

  test("counts what it holds, suite by suite and altogether", async () => {
    const { code, out } = await folderOf({ "a.ward": bad, "b.ward": bad.replace("ecko", "echo").replace("chat", "talk") }).run(["check", "--format", "junit"]);
    expect(code).toBe(1);
    const tags = xml(out);
    expect(tags.filter((tag) => tag.name.startsWith("testsuite")).map(({ name, attributes }) => [name, attributes["name"], attributes["tests"], attributes["failures"]])).toEqual([
      ["testsuites", "ward check", "2", "1"],
      ["testsuite", "a.ward", "1", "1"],
      ["testsuite", "b.ward", "1", "0"],
    ]);
  });
});

type Tag = { readonly name: string; readonly attributes: { readonly [name: string]: string } };

/** The opening tags of a document without comments and sections, which is refused if it is not well formed. */
function xml(text: string): readonly Tag[] {
  const plain = (escaped: string) => {
    expect(escaped).not.toMatch(/[<"\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}|&(?!(?:amp|lt|gt|quot);)/u); // oxlint-disable-line no-control-regex -- XML forbids them
    return escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  };
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  expect(body).not.toBe(text);
  const tags: Tag[] = [];
  const open: string[] = [];
  for (const [, words, closing, name, list, empty] of body.matchAll(/([^<]*)<(\/?)([\w-]+)((?: [\w-]+="[^"]*")*)(\/?)>/g)) {
    plain(words!.replaceAll('"', ""));
    if (closing === "/") expect(open.pop()).toBe(name);
    else tags.push({ name: name!, attributes: Object.fromEntries([...list!.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, plain(value!)])) });
    if (closing === "" && empty === "") open.push(name!);
  }
  expect(open).toEqual([]);
  expect(body.replaceAll(/([^<]*)<(\/?)([\w-]+)((?: [\w-]+="[^"]*")*)(\/?)>/g, "")).toBe("\n");
  return tags;
}
