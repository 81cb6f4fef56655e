// Uppy, the uploader that the tus project's own people build, as a page of its own.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Page, expect } from "@playwright/test";

const folder = join(dirname(createRequire(import.meta.url).resolve("uppy/package.json")), "dist");

/// Opens a page of this origin with Uppy's dashboard, whose tus plugin uploads to an address as soon as files
/// are added.
export async function uppyPage(page: Page, origin: string, endpoint: string, parts = 1): Promise<void> {
  const settings = JSON.stringify({ endpoint, ...(parts > 1 ? { parallelUploads: parts } : {}) });
  const html = `<!doctype html><title>Uppy</title><link rel="stylesheet" href="/uppy/uppy.min.css">
    <div id="uppy"></div>
    <script src="/uppy/uppy.min.js"></script>
    <script>
      let count = 0;
      window.successes = () => count;
      window.uppy = new Uppy.Uppy({ autoProceed: true })
        .use(Uppy.Dashboard, { inline: true, target: "#uppy" })
        .use(Uppy.Tus, ${settings});
      window.uppy.on("upload-success", () => (count += 1));
    </script>`;
  await page.route(`${origin}/uppy/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
    if (name === "page") return route.fulfill({ contentType: "text/html", body: html });
    const contentType = name.endsWith(".css") ? "text/css" : "text/javascript";
    return route.fulfill({ contentType, body: readFileSync(join(folder, name)) });
  });
  await page.goto(`${origin}/uppy/page`);
  await expect(page.locator(".uppy-Dashboard")).toBeVisible();
  // A route that stays would have every request pass through the test.
  await page.unrouteAll();
}
