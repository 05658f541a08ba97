// What a tool is called where tools stand in namespaces: rules see one name, whoever says it and in whatever protocol.
//
//   github · create_issue ▶ github__create_issue        functions · exec ▶ exec

/** `functions` is where tools stand that are in no namespace. */
export function wholeName(namespace: string | null, name: string): string {
  if (namespace === null || namespace === "" || namespace === "functions") return name;
  return `${namespace}${namespace.endsWith("__") ? "" : "__"}${name}`;
}
