// The published schema of the bundle, as the loader validates with it.
import bundleSchema from "./schemas/bundle.schema.json" with { type: "json" };

export { bundleSchema };
