// What literals are worth.
import { describe, expect, it } from "vitest";
import { parse, print, type Value } from "#lang";

function valueOf(written: string): Value {
  const { file, diagnostics } = parse({ path: "a.ward", text: `ward 1\nmodel m { a = ${written} }` });
  expect(diagnostics).toEqual([]);
  const [model] = file.declarations;
  if (model?.kind !== "model") throw new Error("no model");
  return model.fields[0]!.value;
}

describe("a number", () => {
  it.each([
    ["0", { kind: "number", value: 0 }],
    ["1_000", { kind: "number", value: 1000 }],
    ["0.2", { kind: "number", value: 0.2 }],
    ["32k", { kind: "size", value: 32_000, suffix: "k" }],
    ["32Ki", { kind: "size", value: 32_768, suffix: "Ki" }],
    ["1M", { kind: "size", value: 1_000_000, suffix: "M" }],
    ["1Mi", { kind: "size", value: 1_048_576, suffix: "Mi" }],
    ["1.5k", { kind: "size", value: 1500, suffix: "k" }],
    ["64B", { kind: "bytes", value: 64 }],
    ["64KiB", { kind: "bytes", value: 65_536 }],
    ["2MiB", { kind: "bytes", value: 2_097_152 }],
    ["250ms", { kind: "duration", value: 250 }],
    ["1.5s", { kind: "duration", value: 1500 }],
    ["5m", { kind: "duration", value: 300_000 }],
    ["1h", { kind: "duration", value: 3_600_000 }],
    ["30d", { kind: "duration", value: 2_592_000_000 }],
    ["$0.25", { kind: "money", value: 250_000 }],
    ["$5", { kind: "money", value: 5_000_000 }],
    ["$0.000001", { kind: "money", value: 1 }],
    ["$1.15", { kind: "money", value: 1_150_000 }],
    ["$3/$15", { kind: "price", input: 3_000_000, output: 15_000_000 }],
    ["$0.15/$0.60", { kind: "price", input: 150_000, output: 600_000 }],
    ["10%", { kind: "percent", value: 10 }],
    ["0.5%", { kind: "percent", value: 0.5 }],
  ])("%s is exact", (written, expected) => {
    expect(valueOf(written)).toMatchObject({ ...expected, text: written });
  });

  it("may stand at both ends of a range", () => {
    expect(valueOf("200ms..5s")).toMatchObject({ kind: "range", from: { value: 200 }, to: { value: 5000 } });
  });
});

describe("a string", () => {
  it.each([
    ['"a\\n\\t\\"\\\\"', 'a\n\t"\\'],
    ['"\\u{1f49a}\\u{0}"', "💚\0"],
    ['"// no comment /* at all */"', "// no comment /* at all */"],
    ['""', ""],
  ])("%s is what it says", (written, expected) => {
    expect(valueOf(written)).toMatchObject({ kind: "string", value: expected, block: false });
  });
});

describe("a text block", () => {
  it.each([
    ["one line", '"""abc"""', "abc"],
    ["nothing", '""""""', ""],
    ["nothing on two lines", '"""\n  """', ""],
    ["an empty line", '"""\n\n\n"""', "\n"],
    ["the usual form", '"""\n    a\n      b\n    """', "a\n  b"],
    ["no closing line", '"""\n    a\n      b"""', "a\n  b"],
    ["a closing line further left", '"""\n    a\n  """', "  a"],
    ["a closing line further right", '"""\n  a\n      """', "a"],
    ["text beside the opening quotes", '"""a\n    b\n    c"""', "a\nb\nc"],
    ["an empty line without indentation", '"""\n    a\n\n    b\n    """', "a\n\nb"],
    ["a blank line longer than the indentation", '"""\n  a\n        \n  b\n  """', "a\n\nb"],
    ["tabs", '"""\n\t\ta\n\t\t\tb\n\t\t"""', "a\n\tb"],
    ["tabs and spaces that differ", '"""\n\t a\n\t\tb\n"""', "\t a\n\t\tb"],
    ["escaped white space, which is no layout", '"""\n  \\u{20}a\\n\n  """', " a\n"],
    ["quotes", '"""\n  "a" ""b"" \\"""c\n  """', '"a" ""b"" """c'],
    ["line breaks of another system", '"""\r\n  a\r\n  b\r\n  """', "a\nb"],
  ])("with %s is dedented by the rule", (_, written, expected) => {
    expect(valueOf(written)).toMatchObject({ kind: "string", value: expected, block: true });
  });
});

describe("a pattern", () => {
  it.each([
    ["/a/", "a", ""],
    ["/a\\/b/i", "a\\/b", "i"],
    ["/[/]x/ms", "[/]x", "ms"],
    ["/[\\]/]/", "[\\]/]", ""],
    ["/\\//u", "\\/", "u"],
  ])("%s ends at the first slash that ends it", (written, source, flags) => {
    expect(valueOf(written)).toMatchObject({ kind: "pattern", source, flags });
  });

  it("is not begun by the slash of a price", () => {
    expect(valueOf("[$3/$15, /x/]")).toMatchObject({ items: [{ kind: "price" }, { kind: "pattern" }] });
  });
});

describe("a name", () => {
  it.each(["a", "_a", "a-b", "a-1-b", "A_b", "when", "true", "env", "a-9"])("%s is one word", (written) => {
    expect(valueOf(written)).toMatchObject({ kind: "name", text: written });
  });
});

describe("a condition", () => {
  const printed = (written: string) => {
    const { file, diagnostics } = parse({ path: "a.ward", text: `ward 1\nguard g { when ${written} then refuse "x" }` });
    expect(diagnostics).toEqual([]);
    return /when (.*)\s+then/.exec(print(file))![1]!.trim();
  };

  it.each([
    ["a.b or c.d and not e.f == 1", "a.b or c.d and not e.f == 1"],
    ["(a.b or c.d) and e.f", "(a.b or c.d) and e.f"],
    ["(a.b and c.d) or e.f", "a.b and c.d or e.f"],
    ["a.b and (c.d and e.f)", "a.b and c.d and e.f"],
    ["not (a.b and c.d)", "not (a.b and c.d)"],
    ["not (a.b == 1)", "not a.b == 1"],
    ["not not a.b", "not not a.b"],
    ["((absent(a.b)))", "absent(a.b)"],
    ["a.b in [x, y,]", "a.b in [x, y]"],
    ["not (not)", "not (not)"],
    ["not has x", "not has x"],
    ["not (has has x)", "not (has has x)"],
    ["not has.x has y", "not has.x has y"],
    ["absent == absent and in in [in]", "absent == absent and in in [in]"],
  ])("%s has the parentheses it needs and no more", (written, expected) => {
    expect(printed(written)).toBe(expected);
  });
});
