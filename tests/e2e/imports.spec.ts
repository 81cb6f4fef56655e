// Files that a data volume pulls by itself: asked for on the page, followed there, stopped, and fetched again.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Console } from "./support/console";
import { vegaDatasets } from "./support/dataset";
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { expectAccessible } from "./support/looks";
import { askForImport, makeVolume, openFiles } from "./support/steps";
import { Web, permittingConfiguration } from "./support/web";

test("an import is followed on the page, stopped, and fetches what is new when it runs again", async ({ browser }) => {
  const folder = mkdtempSync(join(tmpdir(), "stowage-imports-"));
  const config = permittingConfiguration(folder);
  const files = ["cars.json", "seattle-weather.csv"].map((name) => join(vegaDatasets, name));
  const web = await Web.start(files);
  const console = await Console.start({ config });
  try {
    const page = await signedIn(browser, console, "Ada Lovelace");
    const id = await makeVolume(page, "pulled", "slurm-a / Vision / imagenet");
    await openFiles(page, id);

    await page.getByRole("button", { name: "Import", exact: true }).click();
    const form = page.getByRole("dialog", { name: "Import" });
    await form.getByRole("textbox", { name: "Server" }).fill("s3.example");
    await form.getByRole("button", { name: "Import" }).click();
    await expect(form.locator("#import-endpoint-error")).toContainText("is no address");
    await expectAccessible(page);
    await form.getByRole("button", { name: "Cancel" }).click();

    const addresses = files.map((file) => `${web.origin}/${basename(file)}`);
    await askForImport(page, [...addresses, `${web.origin}/gone.csv`]);
    const imports = page.getByRole("region", { name: "Imports" });
    const first = imports.getByRole("listitem").filter({ hasText: "cars.json and 2 more" });
    await expect(first).toContainText("Not everything", { timeout: 30_000 });
    await expect(first).toContainText("2 of 3 files");
    await first.getByText("Which ones, and why").click();
    await expect(first).toContainText("gone.csv");
    // The list of files follows by itself.
    await expect(page.getByRole("row", { name: /cars\.json/ })).toBeVisible();
    for (const file of files) {
      const stored = readFileSync(join(console.project("imagenet"), "pulled", basename(file)));
      expect(stored.equals(readFileSync(file))).toBe(true);
    }
    await expectAccessible(page);

    await first.getByRole("button", { name: "Import again" }).click();
    await expect(first).toContainText("2 unchanged", { timeout: 30_000 });

    await askForImport(page, [`${web.origin}/endless.bin`]);
    const second = imports.getByRole("listitem").filter({ hasText: "endless.bin" });
    await expect(second).toContainText("Importing", { timeout: 30_000 });
    await expect(second.getByRole("progressbar")).toBeVisible();
    await second.getByRole("button", { name: "Cancel" }).click();
    await expect(second).toContainText("Canceled");
    await expect(second.getByRole("button", { name: "Import again" })).toBeVisible();
    await second.getByRole("button", { name: /Take off the list/ }).click();
    await expect(second).toHaveCount(0);

    await page.setViewportSize({ width: 400, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.reload();
    await hydrated(page);
    await expect(first).toContainText("Not everything");
    await page.context().close();
  } finally {
    await console.remove();
    web.stop();
    rmSync(folder, { recursive: true });
  }
});
