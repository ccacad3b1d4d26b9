// Two bundles, each one file: `--mode decks` for the page, `--mode processor` for the audio thread.
import { defineConfig } from "vite";

export default defineConfig(({ mode }) => ({
  build: {
    target: "es2022",
    emptyOutDir: false,
    lib: {
      entry: mode === "processor" ? "src/engine/processor.ts" : "src/index.ts",
      formats: ["es" as const],
      fileName: () => (mode === "processor" ? "processor.js" : "decks.js"),
    },
  },
  // signalsmith-stretch looks for these to learn where it runs; the bundle runs nowhere else.
  define: { "process.env.NODE_ENV": '"production"' },
}));
