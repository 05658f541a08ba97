// A measured process answers "usage" with the CPU it has used so far, in microseconds, and its resident memory in bytes.

export type Usage = { readonly cpu: number; readonly memory: number };

export function answerUsage(): void {
  process.on("message", (message) => {
    if (message !== "usage") return;
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system, memory: process.memoryUsage.rss() });
  });
  process.on("disconnect", () => process.exit(0));
}
