// What the language has and this version does not enforce yet. Using it is an error, never ignored. Whoever makes the
// runtime do one of these deletes its line here, and nothing else here changes.
import type { Channel, Declaration } from "#lang";

export const NOT_YET: {
  readonly channels: readonly Channel["on"][];
  readonly declarations: readonly Declaration["kind"][];
} = {
  channels: [],
  declarations: [
    "alert",
  ],
};
