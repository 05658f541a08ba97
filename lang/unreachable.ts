/** Ends a switch over a closed set: a case that is missing is a type error here. */
export function unreachable(one: never): never {
  throw new Error(`not a kind of node: ${JSON.stringify(one)}`);
}
