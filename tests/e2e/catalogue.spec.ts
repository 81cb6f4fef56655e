// The catalogue narrowed, arranged, kept and taken along: filters, columns, saved views and exports.
import { readFileSync } from "node:fs";
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { expectAccessible } from "./support/looks";
import { makeVolume } from "./support/steps";

test("filters become chips, and the address keeps them", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  for (const name of ["images-train", "images-test", "masks"]) {
    await makeVolume(page, name, "slurm-a / Vision / imagenet");
  }
  await page.goto("/data-volumes");
  await hydrated(page);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByLabel("With what text").fill("images");
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(page.getByRole("link", { name: "Remove the filter Name: contains “images”" })).toBeVisible();
  await expect(page.getByRole("row", { name: /masks/ })).toHaveCount(0);
  await expect(page.getByLabel("With what text")).toHaveValue("");
  await page.getByLabel("How", { exact: true }).selectOption("ends with");
  await page.getByLabel("With what text").fill("test");
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(page.getByRole("link", { name: "Remove the filter Name: ends with “test”" })).toBeVisible();
  await page.getByLabel("From day").fill("2020-01-01");
  await expect(page.getByRole("link", { name: "Remove the filter Created: from 2020-01-01" })).toBeVisible();
  await expectAccessible(page);
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole("row", { name: /images-test/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /images-train/ })).toHaveCount(0);
  await page.getByRole("link", { name: /Remove the filter Name: ends with/ }).click();
  await expect(page.getByRole("row", { name: /images-train/ })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page.getByRole("row", { name: /masks/ })).toBeVisible();
  await expect(page).toHaveURL("/data-volumes");
  await page.context().close();
});

test("columns are chosen, and a view is saved under a name", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  await makeVolume(page, "images", "slurm-a / Vision / imagenet");
  await page.goto("/data-volumes");
  await hydrated(page);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Origin claim" }).check();
  await expect(page.getByRole("columnheader", { name: "Origin claim" })).toBeVisible();
  await page.getByRole("checkbox", { name: "Persistence" }).last().uncheck();
  await expect(page.getByRole("columnheader", { name: "Persistence" })).toHaveCount(0);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Saved views" }).click();
  await expect(page.locator("#saved-views")).toContainText("None yet");
  await page.getByLabel("Save what is shown as").fill("With claims");
  await page.getByRole("button", { name: "Save view" }).click();
  await expect(page.getByRole("link", { name: "With claims" })).toBeVisible();
  await page.getByLabel("Save what is shown as").fill("With claims");
  await page.getByRole("button", { name: "Save view" }).click();
  await expect(page.locator("#saved-views")).toContainText("You have a view “With claims” already");
  await expectAccessible(page);

  await page.goto("/data-volumes");
  await hydrated(page);
  await expect(page.getByRole("columnheader", { name: "Origin claim" })).toHaveCount(0);
  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("link", { name: "With claims" }).click();
  await expect(page.getByRole("columnheader", { name: "Origin claim" })).toBeVisible();
  await hydrated(page);

  const grace = await signedIn(browser, console, "Grace Hopper");
  await hydrated(grace);
  await grace.getByRole("button", { name: "Saved views" }).click();
  await expect(grace.locator("#saved-views")).toContainText("None yet");
  await grace.context().close();

  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("button", { name: "Remove the view With claims" }).click();
  await expect(page.locator("#saved-views")).toContainText("None yet");
  await page.context().close();
});

test("an export holds the whole filtered list and nothing else", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  for (const name of ["images", "masks"]) await makeVolume(page, name, "slurm-a / Vision / imagenet");
  await page.goto("/data-volumes?filter=name%3D%3Dimages");
  await hydrated(page);
  await page.getByRole("button", { name: "Export" }).click();
  const table = page.waitForEvent("download");
  await page.getByRole("link", { name: "As a table (CSV)" }).click();
  const lines = readFileSync(await (await table).path(), "utf8").trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^id,name,description,tags,status,/);
  expect(lines[1]).toMatch(/,images,.*,Ready,.*,slurm-a,Vision,imagenet,.*,Ada Lovelace,/);
  const answer = await page.request.get("/api/v1/datavolumes/export.json?filter=name%3D%3Dimages");
  const { dataVolumes } = await answer.json();
  expect(dataVolumes.map((row: { name: string }) => row.name)).toEqual(["images"]);
  const wrong = await page.request.get("/api/v1/datavolumes/export.json?phase=Ready");
  expect(wrong.status()).toBe(400);
  await page.context().close();
});

test("people filter and choose columns without any script", async ({ browser, console }) => {
  const ada = await signedIn(browser, console, "Ada Lovelace");
  for (const name of ["images", "masks"]) await makeVolume(ada, name, "slurm-a / Vision / imagenet");
  await ada.context().close();
  const page = await signedIn(browser, console, "Ada Lovelace", { javaScriptEnabled: false });
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByLabel("With what text").fill("mask");
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(page.getByRole("link", { name: /Remove the filter Name: contains “mask”/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /images/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Created by" }).check();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("columnheader", { name: "Created by" })).toBeVisible();
  await expect(page.getByRole("row", { name: /masks/ })).toContainText("Ada Lovelace");
  await expect(page.getByRole("row", { name: /images/ })).toHaveCount(0);
  await page.context().close();
});

test("a narrow window lists each project beneath its own department", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace", { viewport: { width: 400, height: 800 } });
  await hydrated(page);
  const titles = await page.getByLabel("Scope", { exact: true }).locator("option").allTextContents();
  expect(titles.map((title) => title.trim().replace(/ \(\d+\)$/, ""))).toEqual([
    "Acme",
    "slurm-a",
    "Speech",
    "asr",
    "Vision",
    "imagenet",
    "segmentation",
  ]);
  const columns = ["status", "scope", "claim", "tags", "created-by", "created"];
  await page.goto(`/data-volumes?${columns.map((column) => `columns=${column}`).join("&")}`);
  await hydrated(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  await page.context().close();
});
