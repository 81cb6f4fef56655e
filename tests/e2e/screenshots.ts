// Pictures of the real console, for people to look at and for the documentation.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { Console } from "./support/console";
import { vegaDatasets } from "./support/dataset";
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { askForImport, makeVolume, openFiles } from "./support/steps";
import { Web, permittingConfiguration } from "./support/web";

const folder = process.env.STOWAGE_SCREENSHOTS ?? "../../docs/screenshots";

/// One picture in each width and theme.
async function shoot(page: Page, name: string, address?: string): Promise<void> {
  for (const width of [1440, 400]) {
    await page.setViewportSize({ width, height: width === 400 ? 800 : 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      if (address) {
        await page.goto(address);
        await hydrated(page);
        await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
      }
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
    }
  }
}

test("pictures of every page", async ({ browser, page, console }) => {
  mkdirSync(folder, { recursive: true });
  await page.goto(`${console.origin}/sign-in`);
  await shoot(page, "sign-in", `${console.origin}/sign-in`);

  const ada = await signedIn(browser, console, "Ada Lovelace");
  await shoot(ada, "data-volumes-empty", "/data-volumes");
  const katherine = await signedIn(browser, console, "Katherine Johnson");
  await shoot(katherine, "access-rules", "/administration/access-rules");
  await shoot(katherine, "departments", "/administration/departments-and-projects");
  await shoot(katherine, "applications", "/administration/applications");
  await shoot(katherine, "share-requests", "/share-requests");
  await shoot(katherine, "retained-volumes", "/administration/retained-volumes");
  await shoot(katherine, "static-volumes", "/administration/static-volumes");
  await shoot(katherine, "audit-log", "/administration/audit-log");
  await katherine.context().close();

  await ada.setViewportSize({ width: 1440, height: 900 });
  const id = await makeVolume(ada, "vega-datasets", "slurm-a / Vision / imagenet");
  for (const [name, project] of [
    ["imagenet-1k", "slurm-a / Vision / imagenet"],
    ["coco-2017-panoptic-masks-and-captions-with-a-name-of-63-letters", "slurm-a / Vision / segmentation"],
    ["runs-2026", "slurm-a / Vision / segmentation"],
    ["common-voice-17", "slurm-a / Speech / asr"],
  ] as const) {
    await makeVolume(ada, name, project);
  }
  const root = join(console.project("imagenet"), "vega-datasets");
  cpSync(vegaDatasets, join(root, "data"), { recursive: true });
  writeFileSync(
    join(root, "README.md"),
    "# Vega datasets\n\nSmall real tables and maps for examples and tests.\n\n| file | rows |\n|---|---|\n| `cars.json` | 406 |\n| `stocks.csv` | 560 |\n",
  );
  await ada.goto(`/data-volumes/${id}/sharing`);
  await hydrated(ada);
  await ada.getByRole("checkbox", { name: /^asr/ }).check();
  await ada.getByLabel("Reason").fill("for the talk");
  await ada.getByRole("button", { name: "Share", exact: true }).click();
  await expect(ada.getByRole("table").first()).toContainText("asr");
  // A change of files makes the console measure the volume.
  await ada.request.post(`/api/v1/datavolumes/${id}/files/folder`, {
    data: { path: "notebooks" },
    headers: { origin: console.origin },
  });
  await ada.goto(`/data-volumes/${id}`);
  await expect(ada.getByText(/MiB/).first()).toBeVisible();

  await shoot(ada, "data-volumes", "/data-volumes");
  await shoot(
    ada,
    "data-volumes-filtered",
    "/data-volumes?phases=Ready&filter=name%3D%40e&columns=status&columns=scope&columns=claim&columns=created-by",
  );
  await shoot(ada, "data-volumes-no-match", "/data-volumes?search=nothing-like-this");
  await shoot(ada, "new-data-volume", "/data-volumes/new");
  await shoot(ada, "overview", `/data-volumes/${id}`);
  await shoot(ada, "files", `/data-volumes/${id}/files?path=data`);
  await shoot(ada, "preview", `/data-volumes/${id}/files?path=data&show=stocks.csv`);
  await shoot(ada, "sharing", `/data-volumes/${id}/sharing`);
  await shoot(ada, "activity", `/data-volumes/${id}/activity`);
  await shoot(ada, "my-access", "/my-access");
  await shoot(ada, "not-found", "/nowhere");

  await ada.setViewportSize({ width: 1440, height: 900 });
  await ada.goto(`/data-volumes/${id}/files`);
  await hydrated(ada);
  await ada.getByLabel("Upload folder").setInputFiles(vegaDatasets);
  await expect(ada.getByRole("region", { name: "Uploads" })).toBeVisible();
  await shoot(ada, "uploading");
});

test("pictures of imports", async ({ browser }) => {
  mkdirSync(folder, { recursive: true });
  const settings = mkdtempSync(join(tmpdir(), "stowage-screenshots-"));
  const web = await Web.start(["cars.json", "seattle-weather.csv"].map((name) => join(vegaDatasets, name)));
  const console = await Console.start({ config: permittingConfiguration(settings) });
  try {
    const ada = await signedIn(browser, console, "Ada Lovelace");
    const id = await makeVolume(ada, "vega-datasets", "slurm-a / Vision / imagenet");
    await openFiles(ada, id);
    await askForImport(ada, ["cars.json", "seattle-weather.csv", "stocks.csv"].map((name) => `${web.origin}/${name}`));
    const imports = ada.getByRole("region", { name: "Imports" });
    await expect(imports).toContainText("Not everything", { timeout: 30_000 });
    await askForImport(ada, [`${web.origin}/endless.bin`]);
    await expect(imports).toContainText("Importing", { timeout: 30_000 });
    await shoot(ada, "imports", `/data-volumes/${id}/files`);
    await ada.setViewportSize({ width: 1440, height: 900 });
    await ada.getByRole("button", { name: "Import", exact: true }).click();
    await expect(ada.getByRole("dialog", { name: "Import" })).toBeVisible();
    await shoot(ada, "new-import");
    await ada.context().close();
  } finally {
    await console.remove();
    web.stop();
    rmSync(settings, { recursive: true });
  }
});
