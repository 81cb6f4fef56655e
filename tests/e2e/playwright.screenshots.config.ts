// Pictures of every page and state: `cargo xtask screenshots`.
import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser";

export default defineConfig({
  testDir: ".",
  testMatch: "screenshots.ts",
  outputDir: "../../target/screenshots",
  workers: 1,
  timeout: 300_000,
  use: { ...chromium },
});
