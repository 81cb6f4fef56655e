// The console as a whole in Chromium, against the real binary: `cargo xtask test browser`.
import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "../../target/browser-tests",
  // Two cores: a console, a browser and a test each want one.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  snapshotPathTemplate: "{testDir}/snapshots/{arg}{ext}",
  use: { ...chromium, viewport: { width: 1440, height: 900 }, trace: "retain-on-failure" },
});
