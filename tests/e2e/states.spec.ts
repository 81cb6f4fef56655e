// What people meet when something is missing: a role, a folder, a cluster, a session, room on the screen.
import { randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Page, expect } from "@playwright/test";
import type { Console } from "./support/console";
import { hydrated, signIn, signedIn } from "./support/fixtures";
import { MIB, acknowledged, hash, sendingRate, test } from "./support/laptop";
import { expectAccessible, expectAria } from "./support/looks";
import { makeVolume, openFiles, uploaded } from "./support/steps";

const project = "slurm-a / Vision / imagenet";

test("somebody without any role is told so, and whom to ask for what", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Linus Pauling");
  for (const [address, name] of [
    ["/data-volumes", "data-volumes-without-role"],
    ["/data-volumes/new", "new-data-volume-without-role"],
    ["/my-access", "my-access-without-role"],
    ["/administration/access-rules", "administration-without-role"],
  ] as const) {
    await page.goto(address);
    await hydrated(page);
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    await expectAria(page, console, name);
    await expectAccessible(page);
  }
  await page.context().close();
});

test("a volume whose folder or cluster is gone says so, and comes back by itself", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(page, "lost", project);
  const folder = join(console.project("imagenet"), "lost");
  const cluster = join(console.folder, "clusters", "slurm-a");

  renameSync(folder, `${folder}-elsewhere`);
  await look(page, console, id, "add");
  await expect(page.locator("main").getByText("Not ready").first()).toBeVisible();
  await seen(page, console, "overview-not-ready");
  renameSync(`${folder}-elsewhere`, folder);
  await expect(page.locator("main").getByText("Ready", { exact: true }).first()).toBeVisible({ timeout: 20_000 });

  renameSync(cluster, `${cluster}-away`);
  await look(page, console, id, "remove");
  await expect(page.locator("main").getByText("Unknown").first()).toBeVisible();
  await seen(page, console, "overview-unknown");
  renameSync(`${cluster}-away`, cluster);
  await expect(page.locator("main").getByText("Ready", { exact: true }).first()).toBeVisible({ timeout: 20_000 });
  await page.context().close();
});

/// A change of its shares makes the console look at a volume at once, not in ten minutes.
async function look(page: Page, console: Console, id: string, change: "add" | "remove"): Promise<void> {
  const listed = await page.request.get("/api/v1/org-unit/projects");
  const { projects } = (await listed.json()) as { projects: { id: string | number; name: string }[] };
  const target = projects.find((found) => found.name === "segmentation");
  const answer = await page.request.patch(`/api/v1/datavolumes/${id}/sharedScopes`, {
    data: { [change]: [{ scopeType: "project", scopeId: String(target?.id) }] },
    headers: { origin: console.origin },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

async function seen(page: Page, console: Console, name: string): Promise<void> {
  await page.reload();
  await hydrated(page);
  await expectAria(page, console, name);
  await expectAccessible(page);
}

test("an upload waits while its person is signed out, and goes on when they are back", async ({
  browser, console, laptop,
}) => {
  const file = join(laptop, "large.bin");
  // Several times what is under way at once: that arrives, and what comes after is refused.
  writeFileSync(file, randomBytes(400 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  await openFiles(page, await makeVolume(page, "signed-out", project));
  const send = await sendingRate(page);
  await send(20 * MIB);
  await page.getByLabel("Upload files").setInputFiles(file);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  await page.context().clearCookies();
  const queue = page.getByRole("region", { name: "Uploads" });
  await expect(queue).toContainText("You are signed out", { timeout: 30_000 });
  await send();
  const reached = offset();

  const opened = page.waitForEvent("popup");
  await queue.getByRole("link", { name: "Sign in again" }).click();
  const other = await opened;
  await signIn(other, "Ada Lovelace");
  await expect(other.getByRole("heading", { name: "My access", level: 1 })).toBeVisible();
  await other.close();
  await page.bringToFront();
  const goOn = queue.getByRole("button", { name: "Go on" });
  if (await goOn.isVisible()) await goOn.click();
  await uploaded(page);
  expect(offset()).toBeGreaterThan(reached);
  expect(hash(join(console.project("imagenet"), "signed-out", "large.bin"))).toBe(hash(file));
  await page.context().close();
});

test("at 200 % zoom nothing is cut off", async ({ browser, console }) => {
  // What a window of 1440 × 900 leaves at 200 %.
  const zoomed = { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 };
  const page = await signedIn(browser, console, "Katherine Johnson", zoomed);
  const id = await makeVolume(page, "zoomed", project);
  for (const address of [
    "/data-volumes", "/data-volumes/new", "/my-access", "/share-requests", "/administration/access-rules",
    "/administration/audit-log", ...["", "/files", "/sharing", "/activity"].map((tab) => `/data-volumes/${id}${tab}`),
  ]) {
    await page.goto(address);
    await hydrated(page);
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, address).toBeLessThanOrEqual(0);
    await expectAccessible(page);
  }
  await page.context().close();
});
