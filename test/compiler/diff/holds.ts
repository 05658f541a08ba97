// Whether conditions, as a difference prints them, hold for a request. An evaluator of its own: what is printed is held to what
// the diagrams say, by reading it as a person would.
import type { RequestFacts } from "#contracts";

export function holdsAll(where: readonly string[], request: RequestFacts): boolean {
  return where.every((text) => holds(text, request));
}

function holds(text: string, request: RequestFacts): boolean {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[A-Za-z_][\w.-]*|-?\d+|==|!=|<=|>=|<|>|[()[\],+]/g) ?? [];
  let at = 0;
  const next = (): string => tokens[at++]!;
  const peek = (): string | undefined => tokens[at];
  const expectToken = (token: string): void => {
    if (next() !== token) throw new Error(`expected ${token} in: ${text}`);
  };

  const or = (): boolean => {
    let value = and();
    while (peek() === "or") {
      next();
      const right = and();
      value = value || right;
    }
    return value;
  };
  const and = (): boolean => {
    let value = unary();
    while (peek() === "and") {
      next();
      const right = unary();
      value = value && right;
    }
    return value;
  };
  const unary = (): boolean => {
    if (peek() === "not") {
      next();
      return !unary();
    }
    if (peek() === "(") {
      next();
      const value = or();
      expectToken(")");
      return value;
    }
    if (peek() === "absent") {
      next();
      expectToken("(");
      const value = factOf(request, next()) === undefined;
      expectToken(")");
      return value;
    }
    return comparison();
  };
  const comparison = (): boolean => {
    const fact = next();
    let value = factOf(request, fact);
    if (peek() === "+") {
      next();
      value = (value as number) + (factOf(request, next()) as number);
    }
    switch (peek()) {
      case "has":
        next();
        return (value as readonly unknown[]).includes(next());
      case "in": {
        next();
        expectToken("[");
        const values: unknown[] = [];
        while (peek() !== "]") {
          values.push(literal(next()));
          if (peek() === ",") next();
        }
        next();
        return values.includes(value);
      }
      case "==":
        next();
        return value === literal(next());
      case "!=":
        next();
        return value !== literal(next());
      case "<=":
      case ">=": {
        const isMost = next() === "<=";
        const bound = Number(next());
        return typeof value === "number" && (isMost ? value <= bound : value >= bound);
      }
      default:
        return value === true;
    }
  };

  const value = or();
  if (at !== tokens.length) throw new Error(`what is ${tokens[at]} in: ${text}`);
  return value;
}

function literal(token: string): unknown {
  return token.startsWith('"') ? JSON.parse(token) : /^-?\d+$/.test(token) ? Number(token) : token;
}

const SETS = new Set(["request.tags", "request.needs"]);

function factOf(request: RequestFacts, fact: string): unknown {
  const built: { readonly [name: string]: unknown } = {
    "request.tokens": request.tokens ?? 0, "request.output": request.output ?? 0, "request.turn": request.turn ?? 0, "request.stream": request.stream ?? false, "request.needs": request.needs ?? [],
  };
  if (fact in built) return built[fact];
  const caller = request.caller as { readonly [name: string]: string | undefined } | undefined;
  return request.facts?.[fact] ?? caller?.[fact.slice("caller.".length)] ?? (SETS.has(fact) ? [] : fact === "request.fast" ? false : undefined);
}
