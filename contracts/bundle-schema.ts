// The published schema of the bundle, as the loader validates with it.
import published from "./schemas/bundle.schema.json" with { type: "json" };

// With a type of its own: the compiler drops the attribute of the import in declarations, and whoever checks those is told off for it.
export const bundleSchema: { readonly [keyword: string]: unknown } = published;
