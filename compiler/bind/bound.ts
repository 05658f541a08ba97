// The bound program: what the text means, with every name resolved, every field typed and every field's default filled
// in. Each part keeps the node it came from, so that whatever is said of it can point at the text.
import type { MockStep, RequestFacts } from "#contracts";
import type * as ast from "#lang";
import type { FactSet } from "./facts.ts";
import type { FieldsOf } from "./fields.ts";
import type { Json } from "./field-types.ts";
import type { Program } from "./load.ts";
import type { Names, Reference, SELECTORS } from "./names.ts";
import type { AlertFields, AlloyFields, CascadeFields, EscalateFields, ModelFields, ProviderFields, RetryFields, RuleFields, TargetFields, TryFields } from "./tables.ts";
import type { EXPECT } from "./test-tables.ts";

export type SelectorReference = Reference<(typeof SELECTORS)[number]>;

export type BoundProvider = { readonly kind: "provider"; readonly node: ast.Provider; readonly id: string; readonly fields: ProviderFields };
export type BoundTarget = { readonly kind: "target"; readonly node: ast.Target; readonly id: string; readonly provider: Reference<"provider">; readonly fields: TargetFields };

export type BoundDestination = { readonly kind: "to"; readonly selector: SelectorReference } | { readonly kind: "refuse"; readonly message: string };
export type BoundArm = { readonly node: ast.Arm; readonly id: string; readonly when: ast.Condition | null; readonly then: BoundDestination };
export type BoundDispatcher = { readonly kind: "dispatcher"; readonly node: ast.Dispatcher; readonly id: string; readonly arms: readonly BoundArm[] };
export type BoundSmallest = { readonly kind: "smallest"; readonly node: ast.Dispatcher; readonly id: string; readonly parts: readonly { readonly id: string; readonly selector: SelectorReference }[] };
export type BoundTry = { readonly node: ast.Try; readonly id: string; readonly selector: SelectorReference; readonly fields: TryFields };
export type BoundCascade = { readonly kind: "cascade"; readonly node: ast.Cascade; readonly id: string; readonly fields: CascadeFields; readonly tries: readonly BoundTry[] };
export type BoundPart = { readonly node: ast.Part; readonly id: string; readonly selector: SelectorReference; readonly weight: number };
export type BoundAlloy = { readonly kind: "alloy"; readonly node: ast.Alloy; readonly id: string; readonly fields: AlloyFields; readonly parts: readonly BoundPart[] };
export type BoundSelector = BoundDispatcher | BoundSmallest | BoundCascade | BoundAlloy;

/** `names` are zones or regions as written, or ids of providers or targets. */
export type BoundGuardClause =
  | { readonly kind: "only" | "never"; readonly by: ast.By; readonly names: readonly string[] }
  | { readonly kind: "refuse"; readonly message: string };
export type BoundGuard = { readonly kind: "guard"; readonly node: ast.Guard; readonly id: string; readonly then: BoundGuardClause };

/** What a rule looks for. `nothing`: it acts on every request its condition lets in. */
export type BoundMatch = { readonly kind: "nothing" } | { readonly kind: "schema"; readonly schema: Json } | Exclude<ast.RuleClause, { kind: "when" | "option" | "then" | "exhausted" | "also-alert" }>;
export type BoundAction =
  | { readonly kind: "retry"; readonly node: ast.Action; readonly fields: RetryFields }
  | { readonly kind: "escalate"; readonly node: ast.Action; readonly selector: SelectorReference; readonly fields: EscalateFields }
  | { readonly kind: "plain"; readonly node: Exclude<ast.Action, { kind: "retry" | "escalate" }> };
export type BoundRule = {
  readonly kind: "rule";
  readonly node: ast.Rule;
  readonly id: string;
  readonly when: ast.Condition | null;
  readonly match: BoundMatch;
  readonly fields: RuleFields;
  /** As written: `then`, then each `exhausted`. */
  readonly ladder: readonly BoundAction[];
  readonly alerts: readonly Reference<"alert">[];
};

export type BoundAlert = { readonly kind: "alert"; readonly node: ast.Alert; readonly id: string; readonly fields: AlertFields };
export type BoundModel = { readonly kind: "model"; readonly node: ast.Model; readonly id: string; readonly fields: ModelFields };

export type BoundInvariantClause =
  | { readonly kind: "only" | "never"; readonly by: ast.By; readonly names: readonly string[]; readonly node: ast.InvariantClause }
  | { readonly kind: "always-can"; readonly capabilities: readonly string[]; readonly node: ast.InvariantClause }
  | { readonly kind: "always-serves"; readonly node: ast.InvariantClause }
  | { readonly kind: "bound"; readonly of: "attempts" | "cost" | "wall"; readonly limit: number; readonly node: ast.InvariantClause };
export type BoundInvariant = { readonly kind: "invariant"; readonly node: ast.Invariant; readonly id: string; readonly models: readonly Reference<"model">[]; readonly clauses: readonly BoundInvariantClause[] };
/** `messages` as a chat body has them; null where the test speaks of facts only. */
export type BoundGiven = { readonly model: Reference<"model">; readonly request: RequestFacts; readonly messages: readonly { readonly [key: string]: Json }[] | null; readonly key: string | null };
export type BoundUpstream = { readonly node: ast.Upstream; readonly target: Reference<"target">; readonly steps: readonly MockStep[] };
/** `given` and `expect` are null where something in them is wrong, which has been reported. */
export type BoundTest = { readonly kind: "test"; readonly node: ast.Test; readonly given: BoundGiven | null; readonly upstreams: readonly BoundUpstream[]; readonly expect: FieldsOf<typeof EXPECT> | null };

/** A declaration with an error in it is missing here; its name is known to {@link Names} all the same. */
export type Bound = {
  readonly program: Program;
  readonly names: Names;
  readonly facts: FactSet;
  readonly providers: readonly BoundProvider[];
  readonly targets: readonly BoundTarget[];
  readonly selectors: readonly BoundSelector[];
  readonly guards: readonly BoundGuard[];
  readonly rules: readonly BoundRule[];
  readonly alerts: readonly BoundAlert[];
  readonly models: readonly BoundModel[];
  readonly invariants: readonly BoundInvariant[];
  readonly tests: readonly BoundTest[];
};
