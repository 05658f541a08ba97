// What the language has and this version does not enforce yet. Using it is an error, never ignored. Whoever makes the
// runtime do one of these deletes its line here, and nothing else here changes.
import type { ProviderKind } from "#contracts";
import type { Channel, Declaration } from "#lang";

export const NOT_YET: {
  readonly providers: readonly ProviderKind[];
  readonly channels: readonly Channel["on"][];
  readonly declarations: readonly Declaration["kind"][];
} = {
  providers: [],
  channels: [
    "tool",
    "output",
  ],
  declarations: [
    "alert",
  ],
};
