// What people do, in their words, so that tests read as stories.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Page, expect } from "@playwright/test";
import { hydrated } from "./fixtures";

/// Makes a data volume through the form and waits, without reloading, until it is ready.
export async function makeVolume(page: Page, name: string, project: string): Promise<string> {
  await page.goto("/data-volumes/new");
  await hydrated(page);
  await page.getByLabel("Project").selectOption({ label: project });
  await page.getByRole("radio", { name: /New folder/ }).check();
  await page.getByLabel("Size").fill("10 GiB");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: /^Create/ }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await expect(page.locator("main")).toContainText("Ready");
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

/// Opens the Files tab of a data volume by its address.
export async function openFiles(page: Page, id: string): Promise<void> {
  await page.goto(`/data-volumes/${id}/files`);
  await hydrated(page);
}

/// Asks on the Files tab for an import of these addresses.
export async function askForImport(page: Page, addresses: string[]): Promise<void> {
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Import" });
  await form.getByRole("radio", { name: "Addresses" }).check();
  await form.getByRole("textbox", { name: "Addresses" }).fill(addresses.join("\n"));
  await form.getByRole("button", { name: "Import" }).click();
  await expect(form).toBeHidden();
}

/// Waits until the queue says that it stored everything.
export async function uploaded(page: Page): Promise<void> {
  await expect(page.getByRole("region", { name: "Uploads" })).toContainText(/Stored/, { timeout: 60_000 });
}

/// Drops files and folders of this machine onto an element, as a person's hand would: the browser itself
/// reads them.
export async function drop(page: Page, selector: string, paths: string[]): Promise<void> {
  // The queue is loaded after the page; until then it takes nothing.
  await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled();
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`nothing to drop on: ${selector}`);
  const at = { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 200) };
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, ...at, data });
  }
  await session.detach();
}

/// The number of files beneath a folder.
export function fileCount(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) =>
    statSync(join(entry.parentPath, entry.name)).isFile(),
  ).length;
}
