// A call that is never made: it fails once its caller has heard that it began.
import type { Failure, Upstream, UpstreamSink } from "./upstream.ts";

export function failLater(failure: Failure, sink: UpstreamSink): Upstream {
  let over = false;
  queueMicrotask(() => {
    if (!over) sink.failed(failure);
  });
  return {
    abort() {
      over = true;
    },
    pause: nothing,
    resume: nothing,
  };
}

function nothing(): void {}
