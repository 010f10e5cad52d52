// How the window is built. `dev/` (the in-memory backend) is reachable from `npm run dev` at /dev/ and from
// `--mode fake` only; the plain build starts at index.html and never sees it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  clearScreen: false,
  // WebKitGTK 2.50 is a Safari 26 class engine.
  build: {
    target: "safari18",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: mode === "fake" ? "dev/index.html" : "index.html" },
  },
  server: { host: "127.0.0.1", port: 1420, strictPort: true },
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  // A limit for what hangs, with room for a machine that builds meanwhile.
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], testTimeout: 30_000 },
}));
