// A policy as a graph: what is drawn, that a picture of any policy is tidy and one and the same everywhere, and what a
// comparison colours.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolicyGraph, type Policy } from "#contracts";
import { lookup } from "#runtime/plan";
import { cardOf, FONTS } from "../../compiler/graph/card.ts";
import { arrange } from "../../compiler/graph/columns.ts";
import { compareDrawn, conditionText, dotOf, drawPolicy, mermaidOf, svgOf, type Drawn } from "../../compiler/graph/index.ts";
import { widthOf } from "../../compiler/graph/measure.ts";
import { place, type Layout } from "../../compiler/graph/place.ts";
import { aBundle, aDispatcher, aGuard, aModel, anAlloy, aCascade, aPolicy, aProvider, aRule, aSmallest, aTarget } from "../support/policy.ts";
import { randomCondition, randomFrom, randomPolicy } from "../support/random-policy.ts";
import { compileText } from "../support/compile.ts";

const drawn = (policy: Policy): Drawn => {
  const bundle = aBundle(policy);
  return drawPolicy({ ...lookup(policy), digest: bundle.digest, bundle });
};
const graphOf = (policy: Policy) => drawn(policy).graph;
const compared = (old: Policy, now: Policy) => compareDrawn(drawn(old), drawn(now));
const anyPolicy = fc.integer().map((seed) => randomPolicy(randomFrom(seed)));
const layoutOf = (graph: PolicyGraph): Layout => place(arrange(graph.nodes.map(cardOf), graph.edges));

const TEAM = aPolicy({
  providers: [aProvider("house", { zone: "private" }), aProvider("sky", { zone: "cloud", region: "us" }), aProvider("lost")],
  targets: [aTarget("small", { provider: "provider:house" }), aTarget("large", { provider: "provider:sky", context: 200_000 }), aTarget("odd", { provider: "provider:lost" }), aTarget("unused")],
  selectors: [
    aDispatcher("pick", [[{ op: "has", fact: "request.needs", value: "vision" }, "cascade:steady"], [{ op: "compare", fact: "request.stream", is: "==", value: true }, "not streamed"], [null, "dispatcher:size"]]),
    aCascade("steady", [["target:large", { retry: 2, timeout: 5_000, on: ["timeout"] }], "alloy:duo"]),
    anAlloy("duo", [["target:large", 2], ["target:odd", 4]]),
    aSmallest("size", ["target:small", "target:large"]),
  ],
  guards: [aGuard("home", { kind: "only", by: "zone", names: ["private"] }, { op: "compare", fact: "request.tokens", is: ">", value: 32_768 })],
  rules: [aRule("stop", { ladder: [{ kind: "retry", limit: 2, remind: null, resume: "auto", feedback: "none" }, { kind: "escalate", selector: "cascade:steady", limit: 1, resume: "auto" }, { kind: "block", message: "no" }] })],
  models: [aModel("chat", "dispatcher:pick", { guards: ["guard:home"], rules: ["rule:stop"] })],
});

describe("a graph holds", () => {
  const graph = graphOf(TEAM);
  const node = (id: string) => graph.nodes.find((one) => one.id === id)!;

  test("what models reach and nothing else", () => {
    const reached = ["model:chat", "dispatcher:pick", "dispatcher:pick/refuse:not streamed", "cascade:steady", "alloy:duo", "target:odd", "dispatcher:size", "target:large", "target:small"];
    expect(graph.nodes.map((one) => one.id).sort()).toEqual(reached.sort());
  });

  test("each thing after everything that leads to it", () => {
    const at = (id: string) => graph.nodes.findIndex((one) => one.id === id);
    for (const edge of graph.edges) expect(at(edge.from)).toBeLessThan(at(edge.to));
  });

  test("arms by their conditions, a refusal as a thing of its own", () => {
    expect(node("dispatcher:pick").rows.map((row) => row.text)).toEqual(["request.needs has vision", "request.stream", "otherwise"]);
    expect(graph.edges).toContainEqual({ from: "dispatcher:pick", row: "dispatcher:pick/arm:2", to: "dispatcher:pick/refuse:not streamed", kind: "route", change: null });
    expect(node("dispatcher:pick/refuse:not streamed")).toMatchObject({ kind: "refusal", name: "not streamed" });
  });

  test("steps with their numbers, retries, time and classes; shares as reduced fractions", () => {
    expect(node("cascade:steady").rows.map((row) => [row.tag, row.text, row.note])).toEqual([["1", "large", "retry 2, within 5s, on timeout"], ["2", "duo", null]]);
    expect(node("alloy:duo").rows.map((row) => [row.tag, row.text])).toEqual([["1/3", "large"], ["2/3", "odd"]]);
  });

  test("the worst case, guards with their effect, rules on their channel, escalations as edges of their rule", () => {
    expect(node("model:chat").worst).toEqual({ attempts: 12, cost: null, wall: expect.any(Number) });
    expect(node("model:chat").rows.filter((row) => row.kind !== "fact")).toMatchObject([
      { id: "guard:home", tag: "guard", text: "home", note: "when request.tokens > 32Ki then only zone private" },
      { id: "rule:stop", tag: "on text", text: "stop", note: 'any ["never"] → retry 2, exhausted escalate steady, exhausted block' },
    ]);
    expect(graph.edges).toContainEqual({ from: "model:chat", row: "rule:stop", to: "cascade:steady", kind: "escalation", change: null });
  });

  test("zones of targets; a provider that declares none is in none", () => {
    expect(graph.zones).toEqual(["cloud", "private"]);
    expect(["target:small", "target:large", "target:odd"].map((id) => [node(id).zone, node(id).region])).toEqual([["private", null], ["cloud", "us"], [null, null]]);
  });
});

test("any policy's graph is of the published shape", () => {
  fc.assert(fc.property(anyPolicy, anyPolicy, (a, b) => {
    PolicyGraph.parse(graphOf(a));
    PolicyGraph.parse(compared(a, b));
  }), { numRuns: 60 });
});

test("a condition is said in words that compile to the same condition", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const condition = randomCondition(randomFrom(seed), 3);
    const policy = (text: string) => `ward 1\nfacts {\n caller.tier: enum(free, team, pro) from key\n request.fast: bool from header "A"\n request.lang: string from header "B"\n request.level: int from header "C"\n request.tags: set(pii, billing, legal) from header "D"\n}\nprovider p { kind = mock }\ntarget a = p "a" { context = 1k can = [tools, vision, json] }\ndispatcher d { when ${text} -> a otherwise -> refuse "no" }\nmodel m { route = d }\n`;
    const facts = new Map(compileText(policy("request.stream")).bundle!.policy.facts.map((fact) => [fact.name, fact]));
    const said = conditionText(condition, facts);
    const { bundle, diagnostics } = compileText(policy(said));
    // What is always or never true is an error of its own, and what a bundle would then hold is not known.
    if (bundle === null) return expect(diagnostics.every((one) => one.code.startsWith("W3")), said).toBe(true);
    const [dispatcher] = bundle.policy.selectors;
    const again = dispatcher!.kind === "dispatcher" ? dispatcher!.arms[0]!.when! : null;
    expect(conditionText(again!, facts)).toBe(said);
  }), { numRuns: 200 });
});

describe("a picture", () => {
  test("of any policy, also of a comparison, is tidy: no card on another, none outside its zone or in a strange one, no line through a card, no text out of its card", () => {
    fc.assert(fc.property(anyPolicy, anyPolicy, (a, b) => {
      for (const graph of [graphOf(a), compared(a, b)]) tidy(layoutOf(graph));
    }), { numRuns: 60 });
  });

  test("of any policy is well-formed and has a title and a description", () => {
    fc.assert(fc.property(anyPolicy, (policy) => {
      const svg = svgOf(graphOf(policy));
      wellFormed(svg);
      expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="ward-title ward-desc"/);
      expect(svg).toMatch(/<title id="ward-title">[^<]+<\/title>\n<desc id="ward-desc">[^<]+<\/desc>/);
    }), { numRuns: 40 });
  });

  test("keeps what names and messages say, whatever characters are in them", () => {
    const message = "a < b & \"c\" > 'd' \u0001 {x} |y| [z] `q` #35; ; \\ end";
    const policy = aPolicy({ targets: [aTarget("a")], selectors: [aDispatcher("d", [[{ op: "compare", fact: "caller.user", is: "==", value: message }, message], [null, "target:a"]])], models: [aModel("m", "dispatcher:d")] });
    const graph = graphOf({ ...policy });
    wellFormed(svgOf(graph));
    validMermaid(mermaidOf(graph));
    validDot(dotOf(graph));
  });

  test("is the same, byte for byte, every time", () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const [a, b] = [randomPolicy(randomFrom(seed)), randomPolicy(randomFrom(seed))];
      for (const render of [svgOf, mermaidOf, dotOf]) expect(render(graphOf(a))).toBe(render(graphOf(b)));
    }), { numRuns: 20 });
  });

  test("of forty targets, thirty selectors and ten models is still drawn at once", () => {
    const targets = Array.from({ length: 40 }, (_, at) => aTarget(`t${at}`, { provider: `provider:p${at % 4}` }));
    const selectors = Array.from({ length: 30 }, (_, at) => aCascade(`c${String(at).padStart(2, "0")}`, [targets[at]!.id, targets[(at * 7) % 40]!.id, ...(at === 0 ? [] : [`cascade:c${String(at - 1 - (at % 3 === 0 ? 0 : at % 2 && at > 3 ? 2 : 0)).padStart(2, "0")}`])]));
    const policy = aPolicy({ providers: ["p0", "p1", "p2", "p3"].map((name) => aProvider(name, { zone: name })), targets, selectors, models: Array.from({ length: 10 }, (_, at) => aModel(`m${at}`, selectors[20 + at]!.id)) });
    tidy(layoutOf(graphOf(policy)));
  });
});

describe("text for other tools", () => {
  test("is valid for any policy: mermaid and dot", () => {
    fc.assert(fc.property(anyPolicy, anyPolicy, (a, b) => {
      for (const graph of [graphOf(a), compared(a, b)]) {
        validMermaid(mermaidOf(graph));
        validDot(dotOf(graph));
      }
    }), { numRuns: 60 });
  });

  test("names every model, selector, target and refusal", () => {
    const [mermaid, dot] = [mermaidOf(graphOf(TEAM)), dotOf(graphOf(TEAM))];
    for (const name of ["chat", "pick", "steady", "duo", "size", "small", "large", "odd", "refuse: not streamed", "zone private", "no zone declared"]) {
      expect(mermaid).toContain(name);
      expect(dot).toContain(name);
    }
  });
});

describe("a comparison", () => {
  test("of a policy with itself colours nothing", () => {
    fc.assert(fc.property(anyPolicy, (policy) => {
      const graph = compared(policy, policy);
      expect([...graph.nodes, ...graph.nodes.flatMap((node) => node.rows), ...graph.edges].filter((one) => one.change !== null)).toEqual([]);
    }), { numRuns: 60 });
  });

  test("turned round swaps what was added and what was removed", () => {
    fc.assert(fc.property(anyPolicy, anyPolicy, (a, b) => {
      const marks = (graph: PolicyGraph, change: string) => graph.nodes.filter((node) => node.change === change).map((node) => node.id).sort();
      const [there, back] = [compared(a, b), compared(b, a)];
      expect(marks(there, "added")).toEqual(marks(back, "removed"));
      expect(marks(there, "changed")).toEqual(marks(back, "changed"));
      expect(there.edges.filter((edge) => edge.change === "added").length).toBe(back.edges.filter((edge) => edge.change === "removed").length);
    }), { numRuns: 60 });
  });

  test("an arm put in front is one row added, and the others are as they were", () => {
    const before = aDispatcher("d", [[{ op: "compare", fact: "request.stream", is: "==", value: true }, "target:a"], [null, "target:b"]]);
    const after = aDispatcher("d", [[{ op: "has", fact: "request.needs", value: "vision" }, "target:b"], [{ op: "compare", fact: "request.stream", is: "==", value: true }, "target:a"], [null, "target:b"]]);
    const make = (selector: typeof before) => aPolicy({ targets: [aTarget("a"), aTarget("b")], selectors: [selector], models: [aModel("m", "dispatcher:d")] });
    const graph = compared(make(before), make(after));
    expect(graph.nodes.find((node) => node.id === "dispatcher:d")!.rows.map((row) => row.change)).toEqual(["added", null, null]);
    expect(graph.edges.map((edge) => edge.change).filter((one) => one !== null)).toEqual(["added"]);
  });

  test("an arm that goes elsewhere is a changed row, an edge gone and an edge come", () => {
    const make = (to: string) => aPolicy({ targets: [aTarget("a"), aTarget("b")], selectors: [aDispatcher("d", [[{ op: "has", fact: "request.needs", value: "vision" }, to], [null, "target:b"]])], models: [aModel("m", "dispatcher:d")] });
    const graph = compared(make("target:a"), make("target:b"));
    expect(graph.nodes.map((node) => [node.id, node.change])).toContainEqual(["target:a", "removed"]);
    expect(graph.nodes.find((node) => node.id === "dispatcher:d")!.rows[0]).toMatchObject({ change: "changed", was: null });
    expect(graph.edges.filter((edge) => edge.change !== null).map((edge) => [edge.to, edge.change])).toEqual([["target:b", "added"], ["target:a", "removed"]]);
  });

  test("what a picture has no words for is a change all the same: a reminder, a backoff, a provider's breaker", () => {
    const rule = (remind: string) => aPolicy({ targets: [aTarget("a")], rules: [aRule("r", { ladder: [{ kind: "retry", limit: 1, remind, resume: "auto", feedback: "none" }, { kind: "block", message: "no" }] })], models: [aModel("m", "target:a", { rules: ["rule:r"] })] });
    expect(compared(rule("one"), rule("two")).nodes.find((node) => node.id === "model:m")!.rows.find((row) => row.kind === "rule")).toMatchObject({ change: "changed" });
    const breaker = (failures: number) => aPolicy({ providers: [aProvider("p", { breaker: { failures, cooldown: 1 } })], targets: [aTarget("a")], models: [aModel("m", "target:a")] });
    expect(compared(breaker(1), breaker(2)).nodes.find((node) => node.id === "target:a")).toMatchObject({ change: "changed" });
  });

  test("a zone that is another now is said where it was and where it is", () => {
    const make = (zone: string | null) => aPolicy({ providers: [aProvider("p", { zone })], targets: [aTarget("a")], models: [aModel("m", "target:a")] });
    const graph = compared(make(null), make("cloud"));
    expect(graph.nodes.find((node) => node.id === "target:a")).toMatchObject({ change: "changed", rows: [{ text: "zone cloud", was: "no zone" }, {}, {}] });
    expect(svgOf(graph)).toContain(">removed</text>");
  });
});

// ── the laws ─────────────────────────────────────────────────────────────────────────────────────────────────

function tidy({ cards, zones, lines }: Layout): void {
  const boxes = cards.map(({ card, x, y }) => ({ id: card.node.id, zone: card.node.kind === "target" ? (card.node.zone ?? "") : null, x, y, right: x + card.width, bottom: y + card.height }));
  const meet = (a: { x: number; y: number; right: number; bottom: number }, b: typeof a) => a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;
  for (const [at, a] of boxes.entries()) for (const b of boxes.slice(at + 1)) expect(meet(a, b), `${a.id} on ${b.id}`).toBe(false);
  for (const zone of zones) {
    const box = { x: zone.x, y: zone.y, right: zone.x + zone.width, bottom: zone.y + zone.height };
    for (const one of boxes) {
      if (one.zone === zone.name) expect(one.x >= box.x && one.right <= box.right && one.y >= box.y + 24 && one.bottom <= box.bottom, `${one.id} in ${zone.name}`).toBe(true);
      else expect(meet(one, box), `${one.id} in ${zone.name}`).toBe(false);
    }
    for (const other of zones) if (other !== zone) expect(meet(box, { x: other.x, y: other.y, right: other.x + other.width, bottom: other.y + other.height })).toBe(false);
  }
  for (const { route, points } of lines) {
    for (const [at, to] of points.slice(1).entries()) {
      const from = points[at]!;
      expect(to.x).toBeGreaterThanOrEqual(from.x);
      for (const box of boxes) {
        if (box.id === route.edge.from && at === 0) continue;
        const touches = from.x < box.right && to.x > box.x && Math.min(from.y, to.y) < box.bottom && Math.max(from.y, to.y) > box.y;
        expect(touches, `${route.edge.from} -> ${route.edge.to} through ${box.id}`).toBe(false);
      }
    }
  }
  for (const { card } of cards) {
    for (const line of [...card.head, ...card.rows.flatMap((row) => row.lines)]) {
      expect(line.x + widthOf(line.text, FONTS[line.role]), line.text).toBeLessThanOrEqual(card.width);
      expect(line.y).toBeLessThanOrEqual(card.height);
    }
  }
}

/** Tags close in the order they opened, attributes are quoted, and no character stands there that XML forbids. */
function wellFormed(xml: string): void {
  expect(xml).not.toMatch(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/u);
  expect(xml.isWellFormed()).toBe(true);
  const open: string[] = [];
  const rest = xml.replaceAll(/<(\/?)([\w]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g, (_, closes: string, name: string, _attributes, empty: string) => {
    if (closes !== "") expect(open.pop()).toBe(name);
    else if (empty === "") open.push(name);
    return "";
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot);)/);
}

function validMermaid(text: string): void {
  const [first, ...lines] = text.trimEnd().split("\n");
  expect(first).toBe("flowchart LR");
  const said = '"[^"#`;|[\\]{}\\n]*(?:(?:#\\d+;|<br/>)[^"#`;|[\\]{}\\n]*)*"';
  const forms = [
    new RegExp(`^ +n\\d+(?:\\[${said}\\]|\\(\\[${said}\\]\\)|\\{\\{${said}\\}\\}):::\\w+$`),
    new RegExp(`^ +r\\d+\\(${said}\\):::\\w+$`),
    new RegExp(`^ +subgraph z\\d+\\[${said}\\]$`),
    /^ {2}end$/,
    new RegExp(`^ {2}[nr]\\d+ (?:-->|-\\.->|-\\.-)(?:\\|${said}\\|)? [nr]\\d+$`),
    /^ {2}classDef \w+ [\w:#,-]+(?: \d)?[\w:#,-]*$/,
    /^ {2}linkStyle \d+ [\w:#, -]+$/,
  ];
  for (const line of lines) expect(forms.some((form) => form.test(line)), line).toBe(true);
}

function validDot(text: string): void {
  // Strings first: what is left is structure.
  const bare = text.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, "S");
  const attributes = "\\[(?:\\w+=(?:S|[\\w.]+)(?:, )?)*\\]";
  const forms = [/^digraph policy \{$/, /^ +\}$/, /^\}$/, /^ +subgraph S \{$/, /^ +label=S; style=S; color=S; fillcolor=S;$/, new RegExp(`^ +(?:graph|node|edge|S) ${attributes};$`), new RegExp(`^ +S -> S ${attributes};$`)];
  for (const line of bare.trimEnd().split("\n")) expect(forms.some((form) => form.test(line)), line).toBe(true);
}
