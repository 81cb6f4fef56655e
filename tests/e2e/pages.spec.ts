// Every page and state: its accessibility tree, axe-core, and whether it works without WASM.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { expectAccessible, expectAria } from "./support/looks";
import { makeVolume } from "./support/steps";

test("the sign-in page", async ({ page, console }) => {
  await page.goto(`${console.origin}/sign-in`);
  await hydrated(page);
  await expectAria(page, console, "sign-in");
  await expectAccessible(page);
});

test("an empty catalogue, my access and an address that is not there", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  await hydrated(page);
  await expectAria(page, console, "data-volumes-empty");
  await expectAccessible(page);
  for (const [address, name] of [
    ["/my-access", "my-access"],
    ["/device", "device"],
    ["/device?code=BCDF-GHJK", "device-no-program"],
    ["/nowhere", "not-found"],
    ["/data-volumes/new", "new-data-volume"],
    ["/data-volumes?search=nothing-like-this", "data-volumes-no-match"],
  ] as const) {
    await page.goto(address);
    await hydrated(page);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAria(page, console, name);
    await expectAccessible(page);
  }
  await page.context().close();
});

test("the administration, tab by tab", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Katherine Johnson");
  await makeVolume(page, "vega-datasets", "slurm-a / Vision / imagenet");
  await page.goto("/administration/departments-and-projects");
  await hydrated(page);
  await page.getByRole("link", { name: "Vision" }).click();
  await expect(page.getByRole("heading", { name: "Vision", level: 2 })).toBeVisible();
  const vision = new URL(page.url());
  for (const [address, name] of [
    ["/administration/access-rules", "access-rules"],
    ["/administration/departments-and-projects", "departments"],
    [vision.pathname + vision.search, "projects"],
    ["/administration/audit-log", "audit-log"],
  ] as const) {
    await page.goto(address);
    await hydrated(page);
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    await expectAria(page, console, name);
    await expectAccessible(page);
  }
  await page.goto("/administration/access-rules");
  await hydrated(page);
  await page.getByRole("button", { name: "Add rule" }).click();
  await page.getByLabel("Group", { exact: true }).fill("chemistry");
  await expect(page.getByRole("dialog")).toContainText("Everybody in the group chemistry");
  await expectAria(page, console, "add-access-rule");
  await expectAccessible(page);
  await page.setViewportSize({ width: 400, height: 800 });
  for (const address of ["access-rules", "departments-and-projects", "audit-log"]) {
    await page.goto(`/administration/${address}`);
    await hydrated(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, address).toBeLessThanOrEqual(0);
    await expectAccessible(page);
  }
  await page.context().close();
});

test("a data volume, tab by tab", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(page, "vega-datasets", "slurm-a / Vision / imagenet");
  const folder = join(console.project("imagenet"), "vega-datasets");
  writeFileSync(join(folder, "README.md"), "# Vega datasets\n\nSmall tables for *examples*.\n");
  writeFileSync(join(folder, "cars.csv"), "name,year\nchevrolet,1970\nbuick,1971\n");
  for (const [address, name] of [
    ["", "overview"],
    ["/files", "files"],
    ["/files?show=cars.csv", "preview-table"],
    ["/sharing", "sharing"],
    ["/activity", "activity"],
  ] as const) {
    await page.goto(`/data-volumes/${id}${address}`);
    await hydrated(page);
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    await expectAria(page, console, name);
    await expectAccessible(page);
  }
  await page.goto("/data-volumes");
  await hydrated(page);
  await expectAria(page, console, "data-volumes");
  await expectAccessible(page);
  await page.context().close();
});

test("people find and read a volume without any script", async ({ browser, console }) => {
  const ada = await signedIn(browser, console, "Ada Lovelace");
  await makeVolume(ada, "plain", "slurm-a / Vision / imagenet");
  await ada.context().close();
  const page = await signedIn(browser, console, "Ada Lovelace", { javaScriptEnabled: false });
  await page.getByRole("searchbox").last().fill("pla");
  await page.getByRole("searchbox").last().press("Enter");
  await expect(page).toHaveURL(/search=pla/);
  await page.getByRole("link", { name: "plain" }).click();
  await expect(page.getByRole("heading", { name: "plain", level: 1 })).toBeVisible();
  await page.context().close();
});

test("narrow windows scroll in one direction only", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace", { viewport: { width: 400, height: 800 } });
  const id = await makeVolume(page, `a-name-of-sixty-three-characters-${"x".repeat(30)}`.slice(0, 63), "slurm-a / Vision / imagenet");
  for (const address of ["/data-volumes", "/data-volumes/new", "/my-access", `/data-volumes/${id}`, `/data-volumes/${id}/files`, `/data-volumes/${id}/sharing`]) {
    await page.goto(address);
    await hydrated(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, address).toBeLessThanOrEqual(0);
  }
  await page.context().close();
});
