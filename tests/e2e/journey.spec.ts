// The main job: make a data volume, fill it from a laptop, share it, use it as somebody else.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import type { Console } from "./support/console";
import { Console as Consoles } from "./support/console";
import { vegaDatasets, hashes } from "./support/dataset";
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { postgresDatabase } from "./support/postgres";
import { drop, fileCount, makeVolume, openFiles, uploaded } from "./support/steps";

test("a dataset goes from a laptop into a volume and to another project", async ({ browser, console }) => {
  await journey(browser, console);
});

test("the same on PostgreSQL", async ({ browser }) => {
  const database = await postgresDatabase();
  const console = await Consoles.start({ database: database.url });
  await journey(browser, console);
  await console.remove();
  await database.remove();
});

async function journey(browser: Browser, console: Console): Promise<void> {
  const ada = await signedIn(browser, console, "Ada Lovelace");
  await expect(ada.getByRole("link", { name: "New data volume" }).first()).toBeVisible();
  const id = await makeVolume(ada, "vega-datasets", "slurm-a / Vision / imagenet");

  // A real folder is dragged in.
  await openFiles(ada, id);
  await drop(ada, "main", [vegaDatasets]);
  await uploaded(ada);
  const stored = join(console.project("imagenet"), "vega-datasets", "data");
  expect(hashes(stored)).toEqual(hashes(vegaDatasets));
  await expect(ada.getByRole("link", { name: "data", exact: true })).toBeVisible();

  // It is shared with another department's project, and gets there.
  await ada.goto(`/data-volumes/${id}/sharing`);
  await hydrated(ada);
  await ada.getByRole("checkbox", { name: /^asr/ }).check();
  await ada.getByLabel("Reason").fill("for the talk");
  await ada.getByRole("button", { name: "Share", exact: true }).click();
  await expect(ada.getByRole("table").first()).toContainText("asr");

  // Somebody of that project finds it, looks at the files and downloads one.
  const grace = await signedIn(browser, console, "Grace Hopper");
  await grace.getByRole("link", { name: "vega-datasets" }).click();
  await expect(grace.locator("main")).toContainText("read-only");
  await expect(grace.locator("main")).toContainText("Ready");
  await openFiles(grace, id);
  await grace.getByRole("link", { name: "data", exact: true }).click();
  await expect(grace.getByText(/cars\.json/).first()).toBeVisible();
  await grace.getByRole("link", { name: /^cars\.json/ }).first().click();
  await expect(grace.locator("main")).toContainText("chevrolet chevelle malibu");
  const answer = await grace.request.get(
    `/api/v1/datavolumes/${id}/files/content?path=${encodeURIComponent("data/cars.json")}`,
  );
  expect(createHash("sha256").update(await answer.body()).digest("hex")).toBe(
    createHash("sha256").update(readFileSync(join(vegaDatasets, "cars.json"))).digest("hex"),
  );
  const received = join(console.project("asr"), "shared", "vega-datasets", "data");
  await expect.poll(() => fileCount(received), { timeout: 15_000 }).toBe(fileCount(vegaDatasets));
  expect(hashes(received)).toEqual(hashes(vegaDatasets));

  // What she received she cannot change, and a third person does not know that it exists.
  const refused = await grace.request.post(`/api/v1/datavolumes/${id}/files/folder`, {
    data: { path: "mine" },
    headers: { origin: console.origin },
  });
  expect(refused.status()).toBe(403);
  const alan = await signedIn(browser, console, "Alan Turing");
  await alan.goto(`/data-volumes/${id}`);
  await expect(alan.getByRole("heading", { level: 1 })).not.toHaveText("vega-datasets");
  for (const page of [ada, grace, alan]) await page.context().close();
}
