// The one runner for every test of the project. Source is read as TypeScript, through the same
// import condition that `npm start` uses, so tests never run a stale build.
import { defineConfig } from "vitest/config";

// oxlint-disable-next-line import/no-default-export -- vitest reads its configuration from the default export
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  resolve: { conditions: ["wardwright-source"] },
  ssr: { resolve: { conditions: ["wardwright-source"], externalConditions: ["wardwright-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
