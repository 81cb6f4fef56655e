// Measurements of pages: `cargo xtask bench page-load` and `cargo xtask bench uploads`.
import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser";

export default defineConfig({
  testDir: ".",
  testMatch: ["page-load.ts", "upload-pages.ts", "upload-costs.ts"],
  outputDir: "../../target/page-load",
  workers: 1,
  timeout: 600_000,
  reporter: "line",
  use: { ...chromium },
});
