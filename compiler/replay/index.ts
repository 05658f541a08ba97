// Stored requests, planned again under another policy.
export { replayUnder, type Differs, type Replay, type Replayed } from "./replay.ts";
export { openTally, type Tally } from "./tally.ts";
