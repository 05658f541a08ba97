// TOKENS -> concrete syntax. The whole grammar of edition 1; each rule wears its grammar.
//
// How to read it: `"when"` is a keyword, Capitals are rules or token kinds, `?` `*` `+` `|` as usual. One token of
// lookahead decides everywhere, except where a gate looks one or two further because keywords are names too. Order
// decides last: a clause that begins with a keyword is tried before `Field`, which begins with any name.
//
// A concrete-syntax parser, not one with embedded actions: chevrotain runs every rule once at start-up to learn the
// grammar, and actions would have to survive that. It leaves the grammar readable and costs a third of the parse time.
// Its own error recovery is off: it resynchronises by token kinds, which mean little where any keyword may be a name.
// recover.ts cuts by braces and clauses instead. Rules are lenient about how often a clause occurs; build-ast.ts counts.
import { CstParser, type IToken, type CstNode } from "chevrotain";
import { errorMessages } from "./messages.ts";
import {
  Arrow, AtMost, BytesToken, Colon, Comma, Compare, Dot, DotDot, DurationToken, Equals, isName, K, LBrace, LBracket, LParen, MoneyToken, Name, NumberToken, PatternToken,
  PercentToken, PriceToken, RBrace, RBracket, RParen, Semicolon, SizeToken, Star, StringToken, Tilde, VOCABULARY,
} from "./tokens.ts";

type Rule = (index?: number) => CstNode;

export class Grammar extends CstParser {
  /** The first token of the innermost clause begun and not ended: where recovery starts to cut. */
  clauseStart: IToken | null = null;

  constructor(options: { readonly validate: "grammar" | "nothing" }) {
    super([...VOCABULARY], {
      recoveryEnabled: false,
      maxLookahead: 1,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: errorMessages,
      skipValidations: options.validate === "nothing",
    });
    this.performSelfAnalysis();
  }

  // ── the file ───────────────────────────────────────────────────────────────────────────────────────────────

  // File : Item*          that `ward 1` stands first, then uses, then declarations, is checked by build-ast
  file: Rule = this.RULE("file", () => {
    this.MANY(() => this.SUBRULE(this.item));
  });

  // Item : Edition | Use | Declaration
  item: Rule = this.RULE("item", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.edition) },
      { ALT: () => this.SUBRULE(this.use) },
      { ALT: () => this.SUBRULE(this.facts) },
      { ALT: () => this.SUBRULE(this.provider) },
      { ALT: () => this.SUBRULE(this.target) },
      { ALT: () => this.SUBRULE(this.dispatcher) },
      { ALT: () => this.SUBRULE(this.cascade) },
      { ALT: () => this.SUBRULE(this.alloy) },
      { ALT: () => this.SUBRULE(this.guard) },
      { ALT: () => this.SUBRULE(this.rule) },
      { ALT: () => this.SUBRULE(this.alert) },
      { ALT: () => this.SUBRULE(this.model) },
      { ALT: () => this.SUBRULE(this.invariant) },
      { ALT: () => this.SUBRULE(this.test) },
    ]);
  });

  // Edition : "ward" Number
  edition: Rule = this.RULE("edition", () => {
    this.CONSUME(K.ward);
    this.CONSUME(NumberToken);
  });

  // Use : "use" String "{" Names "}"
  use: Rule = this.RULE("use", () => {
    this.CONSUME(K.use);
    this.CONSUME(StringToken);
    this.CONSUME(LBrace);
    this.SUBRULE(this.names);
    this.OPTION(() => this.CONSUME(Comma));
    this.CONSUME(RBrace);
  });

  // Identity : Name ("was" Name)?
  identity: Rule = this.RULE("identity", () => {
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(K.was);
      this.CONSUME2(Name);
    });
  });

  // Facts : "facts" "{" (FactDeclaration Separator?)* "}"
  facts: Rule = this.RULE("facts", () => {
    this.CONSUME(K.facts);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.SUBRULE(this.factDeclaration);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // FactDeclaration : Fact ":" FactType "from" FactSource
  factDeclaration: Rule = this.clause("factDeclaration", () => {
    this.SUBRULE(this.fact);
    this.CONSUME(Colon);
    this.SUBRULE(this.factType);
    this.CONSUME(K.from);
    this.SUBRULE(this.factSource);
  });

  // FactType : ("enum" | "set") "(" Names ","? ")" | Name
  factType: Rule = this.RULE("factType", () => {
    this.OR([
      { GATE: () => this.LA(2).tokenType === LParen, ALT: () => {
        this.OR2([{ ALT: () => this.CONSUME(K.enum) }, { ALT: () => this.CONSUME(K.set) }]);
        this.CONSUME(LParen);
        this.SUBRULE(this.names);
        this.OPTION(() => this.CONSUME(Comma));
        this.CONSUME(RParen);
      } },
      { ALT: () => this.CONSUME(Name), IGNORE_AMBIGUITIES: true },
    ]);
  });

  // FactSource : "key" String? | "header" String | "metadata" String | "trusted" "header" String
  factSource: Rule = this.RULE("factSource", () => {
    this.OR([
      { ALT: () => {
        this.CONSUME(K.key);
        this.OPTION(() => this.CONSUME(StringToken));
      } },
      { ALT: () => {
        this.OPTION2(() => this.CONSUME(K.trusted));
        this.CONSUME(K.header);
        this.CONSUME2(StringToken);
      } },
      { ALT: () => {
        this.CONSUME(K.metadata);
        this.CONSUME3(StringToken);
      } },
    ]);
  });

  // Provider : "provider" Identity Record
  provider: Rule = this.RULE("provider", () => {
    this.CONSUME(K.provider);
    this.SUBRULE(this.identity);
    this.SUBRULE(this.record);
  });

  // Target : "target" Identity "=" Name String Record
  target: Rule = this.RULE("target", () => {
    this.CONSUME(K.target);
    this.SUBRULE(this.identity);
    this.CONSUME(Equals);
    this.CONSUME(Name);
    this.CONSUME(StringToken);
    this.SUBRULE(this.record);
  });

  // ── routing ────────────────────────────────────────────────────────────────────────────────────────────────

  // Dispatcher : "dispatcher" Identity "{" ((Arm | Smallest) Separator?)* "}"
  dispatcher: Rule = this.RULE("dispatcher", () => {
    this.CONSUME(K.dispatcher);
    this.SUBRULE(this.identity);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.OR([{ ALT: () => this.SUBRULE(this.arm) }, { ALT: () => this.SUBRULE(this.smallest) }]);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Arm : ("when" Condition | "otherwise") "->" Destination
  arm: Rule = this.clause("arm", () => {
    this.OR([
      { ALT: () => {
        this.CONSUME(K.when);
        this.SUBRULE(this.condition);
      } },
      { ALT: () => this.CONSUME(K.otherwise) },
    ]);
    this.CONSUME(Arrow);
    this.SUBRULE(this.destination);
  });

  // Destination : "refuse" String | Name
  destination: Rule = this.RULE("destination", () => {
    this.OR([
      { GATE: () => this.LA(2).tokenType === StringToken, ALT: () => {
        this.CONSUME(K.refuse);
        this.CONSUME(StringToken);
      } },
      { ALT: () => this.CONSUME(Name), IGNORE_AMBIGUITIES: true },
    ]);
  });

  // Smallest : "smallest" "of" Names
  smallest: Rule = this.clause("smallest", () => {
    this.CONSUME(K.smallest);
    this.CONSUME(K.of);
    this.SUBRULE(this.names);
  });

  // Cascade : "cascade" Identity "{" ((Try | Field) Separator?)* "}"
  cascade: Rule = this.RULE("cascade", () => {
    this.CONSUME(K.cascade);
    this.SUBRULE(this.identity);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.OR([
        { GATE: () => !this.fieldAhead(), ALT: () => this.SUBRULE(this.try) },
        { ALT: () => this.SUBRULE(this.field), IGNORE_AMBIGUITIES: true },
      ]);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Try : "try" Name Record?
  try: Rule = this.clause("try", () => {
    this.CONSUME(K.try);
    this.CONSUME(Name);
    this.OPTION(() => this.SUBRULE(this.record));
  });

  // Alloy : "alloy" Identity "{" ((Blend | Field) Separator?)* "}"
  alloy: Rule = this.RULE("alloy", () => {
    this.CONSUME(K.alloy);
    this.SUBRULE(this.identity);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.OR([
        { GATE: () => !this.fieldAhead(), ALT: () => this.SUBRULE(this.blend) },
        { ALT: () => this.SUBRULE(this.field), IGNORE_AMBIGUITIES: true },
      ]);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Blend : "blend" Part ("," Part)*
  blend: Rule = this.clause("blend", () => {
    this.CONSUME(K.blend);
    this.SUBRULE(this.part);
    this.MANY({ GATE: () => isName(this.LA(2)), DEF: () => {
      this.CONSUME(Comma);
      this.SUBRULE2(this.part);
    } });
  });

  // Part : Name ("*" Number)?
  part: Rule = this.RULE("part", () => {
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(Star);
      this.CONSUME(NumberToken);
    });
  });

  // Guard : "guard" Identity "{" (GuardClause Separator?)* "}"
  guard: Rule = this.RULE("guard", () => {
    this.CONSUME(K.guard);
    this.SUBRULE(this.identity);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.SUBRULE(this.guardClause);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // GuardClause : ("when" Condition)? "then" (Bound | "refuse" String)
  guardClause: Rule = this.clause("guardClause", () => {
    this.OPTION(() => {
      this.CONSUME(K.when);
      this.SUBRULE(this.condition);
    });
    this.CONSUME(K.then);
    this.OR([
      { ALT: () => this.SUBRULE(this.fence) },
      { ALT: () => {
        this.CONSUME(K.refuse);
        this.CONSUME(StringToken);
      } },
    ]);
  });

  // Fence : ("only" | "never") ("zone" | "region" | "provider" | "target") Names
  fence: Rule = this.RULE("fence", () => {
    this.OR([{ ALT: () => this.CONSUME(K.only) }, { ALT: () => this.CONSUME(K.never) }]);
    this.OR2([
      { ALT: () => this.CONSUME(K.zone) },
      { ALT: () => this.CONSUME(K.region) },
      { ALT: () => this.CONSUME(K.provider) },
      { ALT: () => this.CONSUME(K.target) },
    ]);
    this.SUBRULE(this.names);
  });

  // ── stream and output rules ────────────────────────────────────────────────────────────────────────────────

  // Rule : "rule" Identity "on" Channel "{" (RuleClause Separator?)* "}"
  rule: Rule = this.RULE("rule", () => {
    this.CONSUME(K.rule);
    this.SUBRULE(this.identity);
    this.CONSUME(K.on);
    this.SUBRULE(this.channel);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.SUBRULE(this.ruleClause);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Channel : "text" | "reasoning" | "tool" String? | "output" | "request"
  channel: Rule = this.RULE("channel", () => {
    this.OR([
      { ALT: () => this.CONSUME(K.text) },
      { ALT: () => this.CONSUME(K.reasoning) },
      { ALT: () => {
        this.CONSUME(K.tool);
        this.OPTION(() => this.CONSUME(StringToken));
      } },
      { ALT: () => this.CONSUME(K.output) },
      { ALT: () => this.CONSUME(K.request) },
    ]);
  });

  // RuleClause : When | Match | Expect | After | Repeat | Allow | Then | Exhausted | Also | Field
  ruleClause: Rule = this.clause("ruleClause", () => {
    const clause = { GATE: () => !this.fieldAhead() };
    this.OR([
      { ...clause, ALT: () => this.SUBRULE(this.when) },
      { ...clause, ALT: () => this.SUBRULE(this.match) },
      { ...clause, ALT: () => this.SUBRULE(this.expect) },
      { ...clause, ALT: () => this.SUBRULE(this.after) },
      { ...clause, ALT: () => this.SUBRULE(this.repeat) },
      { ...clause, ALT: () => this.SUBRULE(this.allow) },
      { ...clause, ALT: () => this.SUBRULE(this.then) },
      { ...clause, ALT: () => this.SUBRULE(this.exhausted) },
      { ...clause, ALT: () => this.SUBRULE(this.also) },
      { ALT: () => this.SUBRULE(this.field), IGNORE_AMBIGUITIES: true },
    ]);
  });

  // When : "when" Condition
  when: Rule = this.clause("when", () => {
    this.CONSUME(K.when);
    this.SUBRULE(this.condition);
  });

  // Match : "match" (Pattern | "any" List)
  match: Rule = this.RULE("match", () => {
    this.CONSUME(K.match);
    this.OR([
      { ALT: () => this.CONSUME(PatternToken) },
      { ALT: () => {
        this.CONSUME(K.any);
        this.SUBRULE(this.list);
      } },
    ]);
  });

  // Expect : "expect" ("json" | "schema" String)
  expect: Rule = this.RULE("expect", () => {
    this.CONSUME(K.expect);
    this.OR([
      { ALT: () => this.CONSUME(K.json) },
      { ALT: () => {
        this.CONSUME(K.schema);
        this.CONSUME(StringToken);
      } },
    ]);
  });

  // After : "after" "tool" String "within" Number "turns"
  after: Rule = this.RULE("after", () => {
    this.CONSUME(K.after);
    this.CONSUME(K.tool);
    this.CONSUME(StringToken);
    this.CONSUME(K.within);
    this.CONSUME(NumberToken);
    this.CONSUME(K.turns);
  });

  // Repeat : "repeat" Number "within" Number "turns"
  repeat: Rule = this.RULE("repeat", () => {
    this.CONSUME(K.repeat);
    this.CONSUME(NumberToken);
    this.CONSUME(K.within);
    this.CONSUME2(NumberToken);
    this.CONSUME(K.turns);
  });

  // Allow : "allow" List
  allow: Rule = this.RULE("allow", () => {
    this.CONSUME(K.allow);
    this.SUBRULE(this.list);
  });

  // Then : "then" Action
  then: Rule = this.RULE("then", () => {
    this.CONSUME(K.then);
    this.SUBRULE(this.action);
  });

  // Exhausted : "exhausted" Action
  exhausted: Rule = this.RULE("exhausted", () => {
    this.CONSUME(K.exhausted);
    this.SUBRULE(this.action);
  });

  // Also : "also" "alert" Name
  also: Rule = this.RULE("also", () => {
    this.CONSUME(K.also);
    this.CONSUME(K.alert);
    this.CONSUME(Name);
  });

  // Action : "retry" Record? | "escalate" Name Record? | ("block" | "redact" | "prepend" | "append") String | "note"
  action: Rule = this.RULE("action", () => {
    this.OR([
      { ALT: () => {
        this.CONSUME(K.retry);
        this.OPTION(() => this.SUBRULE(this.record));
      } },
      { ALT: () => {
        this.CONSUME(K.escalate);
        this.CONSUME(Name);
        this.OPTION2(() => this.SUBRULE2(this.record));
      } },
      { ALT: () => {
        this.OR2([
          { ALT: () => this.CONSUME(K.block) },
          { ALT: () => this.CONSUME(K.redact) },
          { ALT: () => this.CONSUME(K.prepend) },
          { ALT: () => this.CONSUME(K.append) },
        ]);
        this.CONSUME(StringToken);
      } },
      { ALT: () => this.CONSUME(K.note) },
    ]);
  });

  // ── models and what is said about them ─────────────────────────────────────────────────────────────────────

  // Alert : "alert" Identity "{" ((When | Field) Separator?)* "}"
  alert: Rule = this.RULE("alert", () => {
    this.CONSUME(K.alert);
    this.SUBRULE(this.identity);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.OR([
        { GATE: () => !this.fieldAhead(), ALT: () => this.SUBRULE(this.when) },
        { ALT: () => this.SUBRULE(this.field), IGNORE_AMBIGUITIES: true },
      ]);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Model : "model" Identity Record
  model: Rule = this.RULE("model", () => {
    this.CONSUME(K.model);
    this.SUBRULE(this.identity);
    this.SUBRULE(this.record);
  });

  // Invariant : "invariant" String "{" (For Separator?)? (When Separator?)? (InvariantClause Separator?)* "}"
  invariant: Rule = this.RULE("invariant", () => {
    this.CONSUME(K.invariant);
    this.CONSUME(StringToken);
    this.CONSUME(LBrace);
    this.OPTION(() => {
      this.SUBRULE(this.for);
      this.OPTION2(() => this.SUBRULE(this.separator));
    });
    this.OPTION3(() => {
      this.SUBRULE(this.when);
      this.OPTION4(() => this.SUBRULE2(this.separator));
    });
    this.MANY(() => {
      this.SUBRULE(this.invariantClause);
      this.OPTION5(() => this.SUBRULE3(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // For : "for" Names
  for: Rule = this.clause("for", () => {
    this.CONSUME(K.for);
    this.SUBRULE(this.names);
  });

  // InvariantClause : Fence | "always" ("can" Names | "serves") | ("attempts" | "cost" | "wall") "<=" Value
  invariantClause: Rule = this.clause("invariantClause", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.fence) },
      { ALT: () => {
        this.CONSUME(K.always);
        this.OR2([
          { ALT: () => {
            this.CONSUME(K.can);
            this.SUBRULE(this.names);
          } },
          { ALT: () => this.CONSUME(K.serves) },
        ]);
      } },
      { ALT: () => {
        this.OR3([{ ALT: () => this.CONSUME(K.attempts) }, { ALT: () => this.CONSUME(K.cost) }, { ALT: () => this.CONSUME(K.wall) }]);
        this.CONSUME(AtMost);
        this.SUBRULE(this.value);
      } },
    ]);
  });

  // Test : "test" String "{" ((Given | Upstream | Expected) Separator?)* "}"
  test: Rule = this.RULE("test", () => {
    this.CONSUME(K.test);
    this.CONSUME(StringToken);
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.OR([{ ALT: () => this.SUBRULE(this.given) }, { ALT: () => this.SUBRULE(this.upstream) }, { ALT: () => this.SUBRULE(this.expected) }]);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Given : "given" Record
  given: Rule = this.clause("given", () => {
    this.CONSUME(K.given);
    this.SUBRULE(this.record);
  });

  // Expected : "expect" Record
  expected: Rule = this.clause("expected", () => {
    this.CONSUME(K.expect);
    this.SUBRULE(this.record);
  });

  // Upstream : "upstream" Name Step ("~" Step)*
  upstream: Rule = this.clause("upstream", () => {
    this.CONSUME(K.upstream);
    this.CONSUME(Name);
    this.SUBRULE(this.step);
    this.MANY(() => {
      this.CONSUME(Tilde);
      this.SUBRULE2(this.step);
    });
  });

  // Step : String | "reasoning" String | "tool" String String? | "fails" Number | "hangs" | "cuts"
  step: Rule = this.RULE("step", () => {
    this.OR([
      { ALT: () => {
        this.OPTION(() => this.CONSUME(K.reasoning));
        this.CONSUME(StringToken);
      } },
      { ALT: () => {
        this.CONSUME(K.tool);
        this.CONSUME2(StringToken);
        this.OPTION2(() => this.CONSUME3(StringToken));
      } },
      { ALT: () => {
        this.CONSUME(K.fails);
        this.CONSUME(NumberToken);
      } },
      { ALT: () => this.CONSUME(K.hangs) },
      { ALT: () => this.CONSUME(K.cuts) },
    ]);
  });

  // ── conditions ─────────────────────────────────────────────────────────────────────────────────────────────

  // Condition : Conjunction ("or" Conjunction)*
  condition: Rule = this.RULE("condition", () => {
    this.SUBRULE(this.conjunction);
    this.MANY({ GATE: () => !this.fieldAhead(), DEF: () => {
      this.CONSUME(K.or);
      this.SUBRULE2(this.conjunction);
    } });
  });

  // Conjunction : Negation ("and" Negation)*
  conjunction: Rule = this.RULE("conjunction", () => {
    this.SUBRULE(this.negation);
    this.MANY({ GATE: () => !this.fieldAhead(), DEF: () => {
      this.CONSUME(K.and);
      this.SUBRULE2(this.negation);
    } });
  });

  // Negation : "not"* ("(" Condition ")" | Absent | Comparison)
  negation: Rule = this.RULE("negation", () => {
    this.MANY({ GATE: () => this.notAhead(), DEF: () => this.CONSUME(K.not) });
    this.OR([
      { ALT: () => {
        this.CONSUME(LParen);
        this.SUBRULE(this.condition);
        this.CONSUME(RParen);
      } },
      { GATE: () => this.LA(2).tokenType === LParen, ALT: () => this.SUBRULE(this.absent) },
      { ALT: () => this.SUBRULE(this.comparison), IGNORE_AMBIGUITIES: true },
    ]);
  });

  // Absent : "absent" "(" Fact ")"
  absent: Rule = this.RULE("absent", () => {
    this.CONSUME(K.absent);
    this.CONSUME(LParen);
    this.SUBRULE(this.fact);
    this.CONSUME(RParen);
  });

  // Comparison : Fact (Compare Value | "has" Value | "in" List)?
  comparison: Rule = this.RULE("comparison", () => {
    this.SUBRULE(this.fact);
    this.OPTION({ GATE: () => !this.fieldAhead(), DEF: () => {
      this.OR([
        { ALT: () => {
          this.CONSUME(Compare);
          this.SUBRULE(this.value);
        } },
        { ALT: () => {
          this.CONSUME(K.has);
          this.SUBRULE2(this.value);
        } },
        { ALT: () => {
          this.CONSUME(K.in);
          this.SUBRULE(this.list);
        } },
      ]);
    } });
  });

  // Fact : Name ("." Name)*
  fact: Rule = this.RULE("fact", () => {
    this.CONSUME(Name);
    this.MANY(() => {
      this.CONSUME(Dot);
      this.CONSUME2(Name);
    });
  });

  // ── values ─────────────────────────────────────────────────────────────────────────────────────────────────

  // Value : Literal | Duration ".." Duration | List | Record | "env" "(" Name ("," String)? ")" | Name
  //         a name before `=` is no value: it begins the next field, and this one's value is missing
  value: Rule = this.RULE("value", () => {
    this.OR([
      { GATE: () => this.LA(2).tokenType === LParen, ALT: () => this.SUBRULE(this.env) },
      { GATE: () => !this.fieldAhead(), ALT: () => this.CONSUME(Name), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.CONSUME(NumberToken) },
      { ALT: () => this.CONSUME(SizeToken) },
      { ALT: () => this.CONSUME(BytesToken) },
      { ALT: () => {
        this.CONSUME(DurationToken);
        this.OPTION(() => {
          this.CONSUME(DotDot);
          this.CONSUME2(DurationToken);
        });
      } },
      { ALT: () => this.CONSUME(MoneyToken) },
      { ALT: () => this.CONSUME(PriceToken) },
      { ALT: () => this.CONSUME(PercentToken) },
      { ALT: () => this.CONSUME(StringToken) },
      { ALT: () => this.CONSUME(PatternToken) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.record) },
    ]);
  });

  // Env : "env" "(" Name ("," String)? ")"
  env: Rule = this.RULE("env", () => {
    this.CONSUME(K.env);
    this.CONSUME(LParen);
    this.CONSUME(Name);
    this.OPTION(() => {
      this.CONSUME(Comma);
      this.CONSUME(StringToken);
    });
    this.CONSUME(RParen);
  });

  // List : "[" (Value ("," Value)* ","?)? "]"
  list: Rule = this.RULE("list", () => {
    this.CONSUME(LBracket);
    this.OPTION(() => {
      this.SUBRULE(this.value);
      this.MANY({ GATE: () => this.LA(2).tokenType !== RBracket, DEF: () => {
        this.CONSUME(Comma);
        this.SUBRULE2(this.value);
      } });
      this.OPTION2(() => this.CONSUME2(Comma));
    });
    this.CONSUME(RBracket);
  });

  // Record : "{" (Field Separator?)* "}"
  record: Rule = this.RULE("record", () => {
    this.CONSUME(LBrace);
    this.MANY(() => {
      this.SUBRULE(this.field);
      this.OPTION(() => this.SUBRULE(this.separator));
    });
    this.CONSUME(RBrace);
  });

  // Field : (Name | String) "=" Value
  field: Rule = this.clause("field", () => {
    this.OR([{ ALT: () => this.CONSUME(Name) }, { ALT: () => this.CONSUME(StringToken) }]);
    this.CONSUME(Equals);
    this.SUBRULE(this.value);
  });

  // Separator : "," | ";"          says nothing, the formatter removes it
  separator: Rule = this.RULE("separator", () => {
    this.OR([{ ALT: () => this.CONSUME(Comma) }, { ALT: () => this.CONSUME(Semicolon) }]);
  });

  // Names : Name ("," Name)*          a comma continues the list, unless no name follows it
  names: Rule = this.RULE("names", () => {
    this.CONSUME(Name);
    this.MANY({ GATE: () => isName(this.LA(2)), DEF: () => {
      this.CONSUME(Comma);
      this.CONSUME2(Name);
    } });
  });

  // ── gates ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** `name =` begins a field, whatever the name. */
  private fieldAhead(): boolean {
    return this.LA(2).tokenType === Equals;
  }

  /**
   * `not` negates before `(` and before a fact. It is itself a fact before anything else, and before `has` and `in`
   * unless those go on as a fact would: `not has x` asks the fact `not`, `not has.x` and `not has == 1` negate.
   */
  private notAhead(): boolean {
    const next = this.LA(2);
    if (next.tokenType === LParen) return true;
    if (!isName(next)) return false;
    if (next.tokenType !== K.has && next.tokenType !== K.in) return true;
    const after = this.LA(3).tokenType;
    return after === Dot || after === Compare || after === AtMost;
  }

  /** A rule that recovery can cut out as a whole. On a mistake `clauseStart` stays with the innermost one. */
  private clause(name: string, body: () => void): Rule {
    return this.RULE(name, () => {
      const outer = this.clauseStart;
      this.ACTION(() => (this.clauseStart = this.LA(1)));
      body();
      this.clauseStart = outer;
    });
  }
}
