import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // signalsmith-stretch must see the stand-ins of src/engine/dsp/capture.ts when it loads
    server: { deps: { inline: ["signalsmith-stretch"] } },
    pool: "threads",
    maxWorkers: 1,
    testTimeout: 60_000,
  },
});
