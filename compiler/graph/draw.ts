// In: a policy and the public models that are asked for. Out: everything a request for them can go through, as nodes, rows
// and edges in the words of the language, and beside it the whole content each was made from, so that a comparison also
// sees what a picture has no room for (a reminder's text, a breaker). Nothing that cannot be reached is drawn.
import { canonical, type GraphEdge, type GraphNode, type GraphRow, type Json, type Model, type PolicyGraph, type Rule, type Selector, type Target } from "#contracts";
import { named, type Lookup } from "#runtime/plan";
import { worstCase } from "../analysis/index.ts";
import { conditionText } from "./condition.ts";
import { channel, clause, duration, ladderText, matchText, money, nameOf, onText, price, size } from "./words.ts";

export type Program = Lookup & { readonly digest: string; readonly bundle: { readonly about: { readonly entry: string; readonly docs: Readonly<Record<string, string>> } } };

/** `contents` by a node's id, or by its id, a blank and the id of its row. */
export type Drawn = { readonly graph: PolicyGraph; readonly contents: ReadonlyMap<string, string> };

export function drawPolicy(program: Program, models: readonly Model[] = program.policy.models): Drawn {
  const pieces = new Map<string, Piece>();
  const finished: string[] = [];

  // Depth first and written down on the way back: turned round, each comes after everything that leads to it.
  const visit = (id: string): void => {
    if (pieces.has(id)) return;
    const piece = pieceOf(program, id, models);
    pieces.set(id, piece);
    for (const edge of piece.edges.toReversed()) visit(edge.to);
    for (const refusal of piece.refusals.toReversed()) {
      if (pieces.has(refusal.node.id)) continue;
      pieces.set(refusal.node.id, refusal);
      finished.push(refusal.node.id);
    }
    finished.push(id);
  };
  for (const model of models.toReversed()) visit(model.id);

  const all = finished.toReversed().map((id) => pieces.get(id)!);
  const nodes = all.map((piece) => piece.node);
  return {
    graph: {
      entry: program.bundle.about.entry,
      digest: program.digest,
      against: null,
      zones: [...new Set(nodes.flatMap((node) => node.zone ?? []))].sort(),
      nodes,
      edges: all.flatMap((piece) => [...piece.edges, ...piece.refusals.map((one) => one.from)]),
    },
    contents: new Map(all.flatMap((piece) => [[piece.node.id, piece.content], ...piece.rowContents])),
  };
}

type Piece = {
  readonly node: GraphNode;
  readonly edges: readonly GraphEdge[];
  readonly content: string;
  readonly rowContents: readonly (readonly [string, string])[];
  readonly refusals: readonly (Piece & { readonly from: GraphEdge })[];
};

function pieceOf(program: Program, id: string, drawn: readonly Model[]): Piece {
  const target = program.targets.get(id);
  if (target !== undefined) return targetPiece(program, target);
  const model = program.models.get(id);
  if (model !== undefined) return modelPiece(program, model, drawn.includes(model));
  return selectorPiece(program, named(program.selectors, id));
}

// ── models ───────────────────────────────────────────────────────────────────────────────────────────────────

/** One that is only gone through has no guards and rules of its own: the outermost model's apply. */
function modelPiece(program: Program, model: Model, whole: boolean): Piece {
  const bounds = worstCase(program, model);
  const worst = { attempts: bounds.attempts.value!, cost: bounds.cost.value, wall: bounds.wall.value! };
  const rules = whole ? model.rules.map((id) => named(program.rules, id)) : [];
  const guards = whole ? model.guards.map((id) => named(program.guards, id)) : [];
  const when = (condition: Rule["when"]): string => (condition === null ? "" : `when ${conditionText(condition, program.facts)} `);
  return piece(program, {
    id: model.id, kind: "model", name: model.name, about: whole ? "model" : "model, its route only", worst: whole ? worst : null,
    rows: whole ? [
      ...(model.aliases.length === 0 ? [] : [fact("aliases", `also ${model.aliases.join(", ")}`)]),
      fact("worst", `at worst ${worst.attempts} attempt${worst.attempts === 1 ? "" : "s"}, ${worst.cost === null ? "cost unknown" : money(worst.cost)}, ${duration(worst.wall)}`),
      fact("limits", `stops at ${[`${model.limits.attempts}`, ...(model.limits.cost === null ? [] : [money(model.limits.cost)]), duration(model.limits.wall)].join(", ")}`),
      ...(model.reserve === 0 ? [] : [fact("reserve", `keeps ${size(model.reserve)} for the answer`)]),
      ...(model.receipts.capture === "full" ? [fact("receipts", "receipts hold content")] : []),
      ...guards.map((guard) => row("guard", guard.id, { tag: "guard", text: guard.name, note: `${when(guard.when)}then ${clause(guard.then)}`, content: guard as Json })),
      ...rules.map((rule) => row("rule", rule.id, { tag: channel(rule), text: rule.name, note: `${when(rule.when)}${matchText(rule)} → ${ladderText(rule)}`, content: rule as Json })),
    ] : [],
    edges: [
      { row: null, to: model.route, kind: "route" },
      ...rules.flatMap((rule) => rule.ladder.flatMap((step) => (step.kind === "escalate" ? [{ row: rule.id, to: step.selector, kind: "escalation" as const }] : []))),
    ],
    content: { limits: model.limits, receipts: model.receipts, aliases: model.aliases, reserve: model.reserve, worst },
  });
}

// ── selectors ────────────────────────────────────────────────────────────────────────────────────────────────

function selectorPiece(program: Program, selector: Selector): Piece {
  const { id, name, kind } = selector;
  const common = { id, name, kind, worst: null };
  switch (selector.kind) {
    case "dispatcher":
      return piece(program, {
        ...common, about: "dispatcher, first match",
        rows: selector.arms.map((arm) => row("arm", arm.id, {
          tag: arm.when === null ? null : "when", text: arm.when === null ? "otherwise" : conditionText(arm.when, program.facts), note: null,
          content: [arm.when as Json, arm.then as Json],
        })),
        edges: selector.arms.flatMap((arm) => (arm.then.kind === "selector" ? [{ row: arm.id, to: arm.then.id, kind: "route" as const }] : [])),
        refusals: selector.arms.flatMap((arm) => (arm.then.kind === "refuse" ? [{ row: arm.id, message: arm.then.message }] : [])),
        content: {},
      });
    case "smallest":
      return piece(program, {
        ...common, about: "dispatcher, the smallest that fits",
        rows: selector.parts.map((part) => row("part", part.id, { tag: null, text: nameOf(part.selector), note: contextNote(program, part.selector), content: [part.selector] })),
        edges: selector.parts.map((part) => ({ row: part.id, to: part.selector, kind: "route" })),
        content: {},
      });
    case "cascade":
      return piece(program, {
        ...common, about: selector.resume === "restart" ? "cascade" : `cascade, resume = ${selector.resume}`,
        rows: selector.tries.map((step, at) => row("step", step.id, {
          tag: `${at + 1}`, text: nameOf(step.selector),
          note: [step.retry === 0 ? null : `retry ${step.retry}`, step.timeout === null ? null : `within ${duration(step.timeout)}`, onText(step.on)].filter((one) => one !== null).join(", ") || null,
          content: { ...step, id: null } as Json,
        })),
        edges: selector.tries.map((step) => ({ row: step.id, to: step.selector, kind: "route" })),
        content: { resume: selector.resume },
      });
    case "alloy": {
      const shares = sharesOf(selector);
      return piece(program, {
        ...common, about: `alloy, ${selector.pick.replace("_", " ")}${selector.pick === "all" ? "" : `, by ${selector.sticky}`}`,
        rows: [
          ...selector.parts.map((part, at) => row("part", part.id, { tag: shares[at]!, text: nameOf(part.selector), note: null, content: [part.selector, part.weight] })),
          ...(selector.partial_context ? [fact("partial_context", "a part that does not fit drops out")] : []),
        ],
        edges: selector.parts.map((part) => ({ row: part.id, to: part.selector, kind: "route" })),
        content: { pick: selector.pick, sticky: selector.sticky, partial_context: selector.partial_context },
      });
    }
    default:
      return selector satisfies never;
  }
}

function contextNote({ targets }: Program, id: string): string | null {
  const target = targets.get(id);
  return target === undefined ? null : size(target.context);
}

/** How often each part comes first while all of them may; `all` and turns have an order instead. */
function sharesOf({ pick, parts }: Extract<Selector, { readonly kind: "alloy" }>): readonly string[] {
  if (pick === "all") return parts.map((_, at) => `${at + 1}`);
  const weights = parts.map((part) => (pick === "weighted" ? part.weight : 1));
  const total = weights.reduce((sum, one) => sum + one, 0);
  return weights.map((weight) => (weight === total ? "1" : fraction(weight, total)));
}

function fraction(over: number, under: number): string {
  const divisor = gcd(over, under);
  return `${over / divisor}/${under / divisor}`;
}

function gcd(left: number, right: number): number {
  return right === 0 ? left : gcd(right, left % right);
}

// ── targets ──────────────────────────────────────────────────────────────────────────────────────────────────

function targetPiece(program: Program, target: Target): Piece {
  const provider = named(program.providers, target.provider);
  return piece(program, {
    id: target.id, kind: "target", name: target.name, about: `${provider.name} ${JSON.stringify(target.model)}`, worst: null, zone: provider.zone, region: provider.region,
    rows: [
      fact("context", `context ${size(target.context)}${target.output === null ? "" : `, answers ${size(target.output)}`}`),
      ...(target.can.length === 0 ? [] : [fact("can", `can ${target.can.join(", ")}`)]),
      fact("price", [price(target.price), ...(provider.region === null ? [] : [`region ${provider.region}`])].join(", ")),
    ],
    edges: [],
    content: [target as Json, provider as Json],
  });
}

// ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A row, and what it was made from. */
type Made = { readonly row: GraphRow; readonly content: Json };
type Making = Pick<GraphNode, "id" | "kind" | "name" | "about" | "worst"> & {
  readonly zone?: string | null;
  readonly region?: string | null;
  readonly rows: readonly Made[];
  readonly edges: readonly Omit<GraphEdge, "from" | "change">[];
  readonly refusals?: readonly { readonly row: string; readonly message: string }[];
  /** What the node is besides its rows. */
  readonly content: Json;
};

function piece(program: Program, { rows, edges, refusals = [], content, zone = null, region = null, ...of }: Making): Piece {
  const doc = Object.hasOwn(program.bundle.about.docs, of.id) ? program.bundle.about.docs[of.id]! : null;
  return {
    node: { ...of, doc, zone, region, rows: rows.map((one) => one.row), change: null },
    edges: edges.map((edge) => ({ from: of.id, ...edge, change: null })),
    content: canonical(content),
    rowContents: rows.map((one) => [`${of.id} ${one.row.id}`, canonical(one.content)] as const),
    refusals: refusals.map(({ row: at, message }) => {
      // Not by the arm, whose id counts places: the same refusal in two arms is one, and an arm put in front of it moves nothing.
      const id = `${of.id}/refuse:${message}`;
      return { ...piece(program, { id, kind: "refusal", name: message, about: "refuse", worst: null, rows: [], edges: [], content: message }), from: { from: of.id, row: at, to: id, kind: "route", change: null } };
    }),
  };
}

function fact(id: string, text: string): Made {
  return { row: { id, kind: "fact", tag: null, text, note: null, change: null, was: null }, content: text };
}

function row(kind: GraphRow["kind"], id: string, { content, ...of }: Pick<GraphRow, "tag" | "text" | "note"> & { readonly content: Json }): Made {
  return { row: { id, kind, ...of, change: null, was: null }, content };
}
