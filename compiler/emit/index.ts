// POLICY -> BUNDLE. The front door of emission.
export { bundleText, emit, type EmitInput } from "./emit.ts";
export { placesOf, type SourcePlace } from "./places.ts";
