import { describe, expect, it } from "vitest";
import { compileText } from "../support/compile.ts";

const PROGRAM = `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
HERE
target large = local "large" { context = 200k }
model chat { route = small }
`;

const codes = (text: string) => compileText(text).diagnostics.map((one) => one.code);
const messages = (text: string) => compileText(text).diagnostics.filter((one) => one.code === "W9001").map((one) => one.message);
const put = (comment: string) => PROGRAM.replace("HERE", comment);

describe("a suppression", () => {
  it("takes back a finding about the declaration below it, by code or by name", () => {
    expect(codes(put(""))).toEqual(["W1004"]);
    expect(codes(put("// ward-allow W1004: kept for the next release"))).toEqual([]);
    expect(codes(put("// ward-allow unused-definition: kept for the next release"))).toEqual([]);
    expect(codes(put("/* ward-allow W1004: kept for the next release */"))).toEqual([]);
    expect(codes(put("//ward-allow W1004: kept\n\n// and another comment\n/// a doc\n"))).toEqual([]);
    expect(codes(put("/// a doc\n// ward-allow W1004: kept\n/// more of it"))).toEqual([]);
  });

  it("is about that declaration only", () => {
    expect(codes(PROGRAM.replace("HERE\n", "").replace("target small", "// ward-allow W1004: kept\ntarget small"))).toEqual(["W9001", "W1004"]);
  });

  it.each([
    ["without a reason", "// ward-allow W1004", "this suppression gives no reason"],
    ["with an empty reason", "// ward-allow W1004:  ", "this suppression gives no reason"],
    ["without a code", "// ward-allow : because", "this suppression names no code"],
    ["of a code that there is not", "// ward-allow W9999: because", "`W9999` is not a code or name of a diagnostic"],
    ["of an error", "// ward-allow W2003: only a test key", "`W2003` is an error, and errors cannot be allowed"],
    ["in a doc comment", "/// ward-allow W1004: kept", "a suppression in a doc comment suppresses nothing"],
  ])("%s suppresses nothing, and is an error", (_title, comment, message) => {
    expect(codes(put(comment)).sort()).toEqual(["W1004", "W9001"]);
    expect(messages(put(comment))).toEqual([message]);
  });

  it("that nothing answers to is an error", () => {
    expect(messages(PROGRAM.replace("HERE\n", "// ward-allow W1002x: y\n"))).toHaveLength(1);
    expect(messages(put("// ward-allow W1004: kept\n// ward-allow W3011: no alloy here"))).toEqual(["`W3011` is not found in the declaration below"]);
    expect(messages(`${put("// ward-allow W1004: kept")}// ward-allow W1004: nothing follows\n`)).toEqual(["this suppression stands above no declaration"]);
  });

  it("is not called unused where errors stopped the checks", () => {
    expect(codes(put("// ward-allow W3011: kept").replace("route = small", "route = smal"))).toEqual(["W1001"]);
  });

  it("never takes back an error", () => {
    const text = put("// ward-allow W1001: no").replace('large = local "large"', 'large = loca "large"');
    expect(codes(text)).toContain("W1001");
    expect(codes(text)).toContain("W9001");
  });
});
