// Several processes that serve one gateway: `ward serve --workers N`. Loaded only where there are several.
//
//                    ┌ worker ┐  each runs the whole gateway (runtime/main.ts) and has connections,
//   clients ─ port ─▶│ worker │  breakers and traces of its own
//                    └ worker ┘
//                       │ ▲        one message a turn of the event loop, each way (line.ts, messages.ts, wire.ts)
//                       ▼ │
//                     primary      serves no request; it alone has the receipt store, the counts of rates and budgets, conversations,
//                                  the places of providers' limits, the metrics, and says which keys hold and what is served
//
// Who owns what:
//   primary.ts    the story: opens what is shared, starts the workers, closes the store last
//   crew.ts       the processes: started, replaced when they die, ended
//   handed-over.ts  the connection on its way to one that dies
//   restart.ts    when one is replaced, and when that is given up
//   pulse.ts      which one hangs, and is ended
//   desk.ts       answers what workers ask
//   steering.ts   swaps on all of them or on none; keys on all of them
//   worker.ts     one worker; process.ts is its process. far-*.ts are its ports, whose other end is the desk
//
// True at any moment: a receipt that a worker calls durable is on the primary's disk; no two workers let through together
// what one would have refused; a worker whose primary is gone ends at once, since it could write no receipt.
// Breakers are each worker's own: asking another process before every call would cost all calls what only those to a
// failing provider gain. Of N workers so many calls more reach it before all have learnt, N times its `failures` at most,
// and N of them probe it after a cooldown.
//
// What it costs: a request's limits and its receipt cross to the primary and back, the receipt as text that is written as it
// is. The primary needs some third of the CPU that one process needs for a request, which is what bounds several workers in the end;
// each worker's own end of it is some more. So they pay from three cores on.
export { serveWorkers, type WorkersOptions, type WorkersResult } from "./primary.ts";
