// Uploads that are cut, reloaded, refused or met by a restart: nothing is lost, nothing half is seen.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, hydrated, signedIn } from "./support/fixtures";
import { MIB, acknowledged, hash, sendingRate, sentBytes, test } from "./support/laptop";
import { makeVolume, openFiles, uploaded } from "./support/steps";

const project = "slurm-a / Vision / imagenet";

test("an upload goes on where it was after the network was cut", async ({ browser, console, laptop }) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(200 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  const id = await makeVolume(page, "cut", project);
  await openFiles(page, id);
  const send = await sendingRate(page);
  await send(40 * MIB);
  await page.getByLabel("Upload files").setInputFiles(file);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  await send(0);
  await expect(page.getByRole("region", { name: "Uploads" })).toContainText("cannot be reached");
  expect(existsSync(join(console.project("imagenet"), "cut", "large.bin"))).toBe(false);
  await send();
  await uploaded(page);
  expect(hash(join(console.project("imagenet"), "cut", "large.bin"))).toBe(hash(file));
  await page.context().close();
});

test("a killed console loses nothing of an upload that it acknowledged", async ({ browser, console, laptop }) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(200 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  const id = await makeVolume(page, "killed", project);
  await openFiles(page, id);
  await page.getByLabel("Upload files").setInputFiles(file);
  await expect.poll(offset, { intervals: [20], timeout: 30_000 }).toBeGreaterThan(0);
  await console.kill();
  await console.resume();
  await uploaded(page);
  expect(hash(join(console.project("imagenet"), "killed", "large.bin"))).toBe(hash(file));
  await page.context().close();
});

test("after a reload the same files go on where they were", async ({ browser, console, laptop }) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(200 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  const id = await makeVolume(page, "reloaded", project);
  await openFiles(page, id);
  const send = await sendingRate(page);
  await send(40 * MIB);
  await page.getByLabel("Upload files").setInputFiles(file);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await hydrated(page);
  const left = page.getByRole("region", { name: "Interrupted uploads" });
  await expect(left).toContainText("reloaded");
  const sent = sentBytes(page);
  await page.getByLabel("Upload files").first().setInputFiles(file);
  await uploaded(page);
  expect(sent()).toBeGreaterThan(0);
  expect(sent()).toBeLessThan(200 * MIB);
  expect(hash(join(console.project("imagenet"), "reloaded", "large.bin"))).toBe(hash(file));
  await page.context().close();
});

test("what a tab leaves behind when it is closed shows in the tab beside it", async ({ browser, console, laptop }) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(160 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  const id = await makeVolume(page, "closed", project);
  await openFiles(page, id);
  const send = await sendingRate(page);
  await send(6 * MIB);
  await page.getByLabel("Upload files").setInputFiles(file);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  // However long the other tab takes to open, no more is sent meanwhile.
  await send(0);
  const beside = await page.context().newPage();
  await openFiles(beside, id);
  const left = beside.getByRole("region", { name: "Interrupted uploads" });
  await beside.waitForTimeout(1_000);
  await expect(left).toBeHidden();
  await page.close();
  await expect(left).toContainText("closed");
  const sent = sentBytes(beside);
  await beside.getByLabel("Upload files").first().setInputFiles(file);
  await uploaded(beside);
  expect(sent()).toBeGreaterThan(0);
  expect(sent()).toBeLessThan(160 * MIB);
  expect(hash(join(console.project("imagenet"), "closed", "large.bin"))).toBe(hash(file));
  await beside.context().close();
});

test("a name that is taken is asked about, and nothing is replaced unasked", async ({ browser, console, laptop }) => {
  writeFileSync(join(laptop, "a.txt"), "new");
  const page = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(page, "taken", project);
  const there = join(console.project("imagenet"), "taken", "a.txt");
  writeFileSync(there, "old");
  await openFiles(page, id);
  await page.getByLabel("Upload files").setInputFiles(join(laptop, "a.txt"));
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  expect(readFileSync(there, "utf8")).toBe("old");
  await dialog.getByRole("button", { name: "Keep both" }).click();
  await uploaded(page);
  expect(readFileSync(there, "utf8")).toBe("old");
  expect(readFileSync(join(console.project("imagenet"), "taken", "a (2).txt"), "utf8")).toBe("new");
  await page.getByLabel("Upload files").setInputFiles(join(laptop, "a.txt"));
  await dialog.getByRole("button", { name: "Replace", exact: true }).click();
  await expect.poll(() => readFileSync(there, "utf8")).toBe("new");
  await page.context().close();
});

test("a folder with folders arrives whole, empty ones too", async ({ browser, console, laptop }) => {
  const folder = join(laptop, "set");
  for (let number = 0; number < 120; number += 1) {
    const place = join(folder, `part-${number % 3}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${number}.txt`), `file ${number}`);
  }
  const page = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(page, "folders", project);
  await openFiles(page, id);
  await page.getByLabel("Upload folder").setInputFiles(folder);
  await uploaded(page);
  const arrived = join(console.project("imagenet"), "folders", "set");
  expect(readdirSync(join(arrived, "part-1")).length).toBe(40);
  expect(readFileSync(join(arrived, "part-2", "119.txt"), "utf8")).toBe("file 119");
  await page.context().close();
});

test("a file that was uploaded shows the hashes of what was stored", async ({ browser, console, laptop }) => {
  const file = join(laptop, "a.txt");
  writeFileSync(file, "what was stored");
  const page = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(page, "hashes", project);
  const volume = join(console.project("imagenet"), "hashes");
  writeFileSync(join(volume, "elsewhere.txt"), "by a mount");
  await openFiles(page, id);
  await page.getByLabel("Upload files").setInputFiles(file);
  await uploaded(page);
  const pane = page.getByRole("region", { name: "a.txt" });
  await page.goto(`/data-volumes/${id}/files?show=a.txt`);
  await hydrated(page);
  await pane.getByText("Details").click();
  await expect(pane.getByText(hash(file))).toBeVisible();
  await expect(pane).toContainText("size and time are those of then");
  await expect(pane.getByRole("button", { name: "Copy the BLAKE3 hash" })).toBeVisible();
  writeFileSync(join(volume, "a.txt"), "changed by a mount");
  await page.reload();
  await pane.getByText("Details").click();
  await expect(pane).toContainText("changed since");
  await page.goto(`/data-volumes/${id}/files?show=elsewhere.txt`);
  await page.getByRole("region", { name: "elsewhere.txt" }).getByText("Details").click();
  await expect(page.getByText("was not uploaded through Stowage")).toBeVisible();
  await page.context().close();
});
