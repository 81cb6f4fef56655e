// What a browser keeps of files that were dropped or chosen: after a reload one press goes on with them.
//
// A test cannot answer the browser's question whether files of the disk may be read again. Files of the page's own
// file system (OPFS) have handles of the same kind, and of those it does not ask.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { type Console } from "./support/console";
import { expect, hydrated, signIn, signedIn } from "./support/fixtures";
import { MIB, acknowledged, sendingRate, sentBytes, test } from "./support/laptop";
import { makeVolume, openFiles, uploaded } from "./support/steps";

const project = "slurm-a / Vision / imagenet";
/// Three lanes take 96 of them before the first answer, and enough is left when the tab goes away.
const LARGE_MIB = 160;
const SMALL = 40;

/// Makes the folder that the picker of a page answers; answers the hash of its large file.
async function makeFolder(page: Page, sizeMib: number): Promise<string> {
  return page.evaluate(async ([sizeMib, small]) => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("set", { create: true });
    const deep = await folder.getDirectoryHandle("deep", { create: true });
    const write = async (place: FileSystemDirectoryHandle, name: string, content: BlobPart) => {
      const file = await (await place.getFileHandle(name, { create: true })).createWritable();
      await file.write(content);
      await file.close();
    };
    const bytes = new Uint8Array(sizeMib! << 20);
    for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    await write(folder, "large.bin", bytes);
    for (let number = 0; number < small!; number += 1) await write(deep, `${number}.txt`, `file ${number}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }, [sizeMib, SMALL]);
}

/// A page on which “Upload folder” gives that folder, with an upload that was interrupted when its tab went away.
async function interrupted(browser: Browser, console: Console, name: string): Promise<{ page: Page; id: string; hash: string }> {
  const page = await signedIn(browser, console, "Ada Lovelace");
  await page.context().addInitScript(() => {
    const pick = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("set");
    Object.assign(window, { showDirectoryPicker: pick });
  });
  const id = await makeVolume(page, name, project);
  await openFiles(page, id);
  const hash = await makeFolder(page, LARGE_MIB);
  const offset = acknowledged(page);
  const send = await sendingRate(page);
  // Slow enough that the tab goes away before everything is sent.
  await send(6 * MIB);
  await page.getByRole("button", { name: "Upload folder" }).click();
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  // However long a page takes to open, no more is sent meanwhile.
  await send(0);
  const next = await page.context().newPage();
  // Nobody is asked, and the page has no time to write anything down.
  await page.close();
  await openFiles(next, id);
  return { page: next, id, hash };
}

test("after a tab went away one press goes on, and nothing that is stored is sent again", async ({ browser, console }) => {
  test.setTimeout(90_000);
  const { page, hash } = await interrupted(browser, console, "handles");
  const left = page.getByRole("region", { name: "Interrupted uploads" });
  await expect(left).toContainText("handles");
  const sent = sentBytes(page);
  await left.getByRole("button", { name: "Go on" }).click();
  await expect(left).toBeHidden();
  await uploaded(page);
  const folder = join(console.project("imagenet"), "handles", "set");
  const stored = readFileSync(join(folder, "large.bin"));
  expect(createHash("sha256").update(stored).digest("hex")).toBe(hash);
  expect(readFileSync(join(folder, "deep", `${SMALL - 1}.txt`), "utf8")).toBe(`file ${SMALL - 1}`);
  expect(sent()).toBeGreaterThan(0);
  expect(sent()).toBeLessThan(LARGE_MIB * MIB);
  // Nothing is left to be remembered.
  await page.reload();
  await hydrated(page);
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await page.context().close();
});

test("what was taken out does not come back", async ({ browser, console }) => {
  test.setTimeout(90_000);
  const { page } = await interrupted(browser, console, "discarded");
  const left = page.getByRole("region", { name: "Interrupted uploads" });
  await left.getByRole("button", { name: "Discard" }).click();
  await expect(left).toBeHidden();
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled();
  await expect(left).toBeHidden();
  await page.context().close();
});

test("whoever signs out leaves nothing in the browser", async ({ browser, console }) => {
  test.setTimeout(90_000);
  const { page, id } = await interrupted(browser, console, "signed-out");
  const left = page.getByRole("region", { name: "Interrupted uploads" });
  await expect(left).toBeVisible();
  page.on("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Ada Lovelace" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/sign-in|logout|end/);
  await page.goto(`/data-volumes/${id}/files`);
  await signIn(page, "Ada Lovelace");
  await hydrated(page);
  await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled();
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  expect(await page.evaluate(async () => (await indexedDB.databases()).map((kept) => kept.name))).toEqual([]);
  await expect(left).toBeHidden();
  await page.context().close();
});
