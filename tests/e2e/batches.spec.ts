// Many small files: they share requests, and each has a result of its own.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { hashes } from "./support/dataset";
import { expect, hydrated, signedIn } from "./support/fixtures";
import { MIB, sendingRate, test } from "./support/laptop";
import { drop, makeVolume, openFiles, uploaded } from "./support/steps";

const project = "slurm-a / Vision / imagenet";

/// A folder of small files, in folders of 250.
function smallFiles(folder: string, count: number, bytes = 700): void {
  for (let number = 0; number < count; number += 1) {
    const place = join(folder, `part-${Math.floor(number / 250)}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${number}.txt`), `${number} `.repeat(bytes / 4));
  }
}

/// Counts the requests that bring bytes, from now on.
function requests(page: Page): { batches: number; singles: number } {
  const seen = { batches: 0, singles: 0 };
  page.on("request", (request) => {
    if (request.method() !== "POST" || !request.url().includes("/uploads")) return;
    seen[request.url().endsWith("/uploads/batch") ? "batches" : "singles"] += 1;
  });
  return seen;
}

test("a thousand small files are a handful of requests, and each arrives as it was", async ({
  browser, console, laptop,
}) => {
  const folder = join(laptop, "set");
  smallFiles(folder, 1_000);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "many", project));
  const seen = requests(page);
  await drop(page, ".drop-zone", [folder]);
  await expect(page.getByRole("region", { name: "Uploads" })).toContainText("Stored 1 000 files", { timeout: 60_000 });
  expect(hashes(join(console.project("imagenet"), "many", "set"))).toEqual(hashes(folder));
  expect(seen.batches).toBeGreaterThan(0);
  expect(seen.batches + seen.singles).toBeLessThan(40);
  await page.context().close();
});

test("a folder that is dropped again is not sent again, and what changed is asked about once", async ({
  browser, console, laptop,
}) => {
  const folder = join(laptop, "set");
  smallFiles(folder, 800);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "again", project));
  const volume = join(console.project("imagenet"), "again", "set");
  await drop(page, ".drop-zone", [folder]);
  await uploaded(page);
  const queue = page.getByRole("region", { name: "Uploads" });
  await queue.getByRole("button", { name: "Clear", exact: true }).click();
  for (const number of [3, 300, 700]) {
    writeFileSync(join(folder, `part-${Math.floor(number / 250)}`, `${number}.txt`), "changed");
  }
  await drop(page, ".drop-zone", [folder]);
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await expect(queue).toContainText("names are taken");
  await dialog.getByRole("button", { name: "Replace", exact: true }).click();
  await expect(queue).toContainText(/Stored 3 files/, { timeout: 30_000 });
  expect(readFileSync(join(volume, "part-2", "700.txt"), "utf8")).toBe("changed");
  expect(hashes(volume)).toEqual(hashes(folder));
  await page.context().close();
});

test("a file of a batch that is damaged on its way is sent again", async ({ browser, console, laptop }) => {
  const folder = join(laptop, "set");
  smallFiles(folder, 40);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "damaged", project));
  let damages = 0;
  await page.route("**/uploads/batch", async (route) => {
    const body = route.request().postDataBuffer();
    if (!body || damages > 0) return route.continue();
    damages += 1;
    // The last byte before the end mark is one of a file.
    body[body.length - 5]! ^= 1;
    return route.continue({ postData: body });
  });
  await drop(page, ".drop-zone", [folder]);
  await uploaded(page);
  await expect(page.getByRole("region", { name: "Uploads" })).toContainText("Stored 40 files", { timeout: 30_000 });
  expect(damages).toBe(1);
  expect(hashes(join(console.project("imagenet"), "damaged", "set"))).toEqual(hashes(folder));
  await page.context().close();
});

test("a name that cannot be stored fails by its name, the rest of its batch arrives", async ({
  browser, console, laptop,
}) => {
  const folder = join(laptop, "set");
  smallFiles(folder, 40);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "refused", project));
  const volume = join(console.project("imagenet"), "refused", "set");
  mkdirSync(join(volume, "part-0", "7.txt"), { recursive: true });
  await drop(page, ".drop-zone", [folder]);
  const queue = page.getByRole("region", { name: "Uploads" });
  await expect(queue).toContainText(/Stored 39 files.*1 file failed/, { timeout: 30_000 });
  await queue.getByRole("button", { expanded: false }).click();
  await queue.getByRole("button", { name: "Failed", exact: true }).click();
  await expect(queue).toContainText("part-0/7.txt");
  await expect(queue).toContainText("A folder or a link of this name lies there");
  expect(readdirSync(join(volume, "part-0")).length).toBe(40);
  await page.context().close();
});

test("small files go on after a pause, a killed console and a reload", async ({ browser, console, laptop }) => {
  const folder = join(laptop, "set");
  smallFiles(folder, 1_000, 40_000);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "adverse", project));
  const volume = join(console.project("imagenet"), "adverse", "set");
  const send = await sendingRate(page);
  await send(8 << 20);
  const queue = page.getByRole("region", { name: "Uploads" });
  await drop(page, ".drop-zone", [folder]);
  await expect(queue).toContainText(/Uploading [1-9]\d* of/, { timeout: 30_000 });
  await queue.getByRole("button", { name: "Pause" }).click();
  await expect(queue).toContainText(/Paused at/);
  await console.kill();
  await queue.getByRole("button", { name: "Resume" }).click();
  await expect(queue).toContainText("cannot be reached", { timeout: 30_000 });
  // Slow enough that much is left when the page is loaded again.
  await send(1 << 20);
  await console.resume();
  await expect(queue).toContainText(/Uploading/, { timeout: 30_000 });
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await hydrated(page);
  const left = page.getByRole("region", { name: "Interrupted uploads" });
  await expect(left).toContainText("adverse");
  await send();
  await drop(page, ".drop-zone", [folder]);
  await expect(left).toBeHidden();
  await uploaded(page);
  await expect.poll(() => hashes(volume), { timeout: 30_000 }).toEqual(hashes(folder));
  await page.context().close();
});

test("hundreds of files that are dropped one by one are asked for again after a reload", async ({
  browser, console, laptop,
}) => {
  smallFiles(laptop, 240, 40_000);
  const files = readdirSync(join(laptop, "part-0")).map((name) => join(laptop, "part-0", name));
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "one-by-one", project));
  const send = await sendingRate(page);
  await send(1 << 20);
  await drop(page, ".drop-zone", files);
  const queue = page.getByRole("region", { name: "Uploads" });
  await expect(queue).toContainText(/Uploading \d+ of 240/, { timeout: 30_000 });
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await hydrated(page);
  const left = page.getByRole("region", { name: "Interrupted uploads" });
  await expect(left).toContainText("Choose the same files");
  await send();
  await drop(page, ".drop-zone", files);
  await expect(left).toBeHidden();
  await uploaded(page);
  const volume = join(console.project("imagenet"), "one-by-one");
  await expect.poll(() => hashes(volume), { timeout: 30_000 }).toEqual(hashes(join(laptop, "part-0")));
  await page.context().close();
});

test("files beyond ten thousand are opened again when their turn comes", async ({ browser, console, laptop }) => {
  test.setTimeout(180_000);
  const [folder, count] = [join(laptop, "set"), 10_300];
  smallFiles(folder, count, 40);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "beyond", project));
  const send = await sendingRate(page);
  // So slow that all are found before many are sent.
  await send(16 << 10);
  await drop(page, ".drop-zone", [folder]);
  const queue = page.getByRole("region", { name: "Uploads" });
  await expect(queue).toContainText(/of 10\D300 files/, { timeout: 60_000 });
  // Another file by the time that it is sent.
  const last = join(`part-${Math.floor((count - 1) / 250)}`, `${count - 1}.txt`);
  writeFileSync(join(folder, last), "something else");
  await send();
  await expect(queue).toContainText("1 file failed", { timeout: 120_000 });
  rmSync(join(folder, last));
  expect(hashes(join(console.project("imagenet"), "beyond", "set"))).toEqual(hashes(folder));
  await page.context().close();
});

test("two tabs with the same folder end with each file once and whole", async ({ browser, console, laptop }) => {
  const folder = join(laptop, "set");
  smallFiles(folder, 600, 4_000);
  writeFileSync(join(folder, "large.bin"), randomBytes(40 * MIB));
  const first = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(first, "both", project);
  await openFiles(first, id);
  const second = await first.context().newPage();
  await openFiles(second, id);
  // Slow enough that both are at it at the same time.
  for (const page of [first, second]) await (await sendingRate(page))(8 * MIB);
  await drop(first, ".drop-zone", [folder]);
  await drop(second, ".drop-zone", [folder]);
  for (const page of [first, second]) {
    const queue = page.getByRole("region", { name: "Uploads" });
    await expect(queue).toContainText(/Stored|Everything was there already/, { timeout: 60_000 });
    await expect(queue).not.toContainText("failed");
  }
  // No file is missing, half or there twice.
  expect(hashes(join(console.project("imagenet"), "both", "set"))).toEqual(hashes(folder));
  await first.context().close();
});
