// Uploads that people stop, and disks and files that do not hold still: each says what happened.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, signedIn } from "./support/fixtures";
import { MIB, acknowledged, hash, sendingRate, sentBytes, test } from "./support/laptop";
import { makeVolume, openFiles, uploaded } from "./support/steps";

const project = "slurm-a / Vision / imagenet";

test("what is paused waits, what is resumed goes on, what is cancelled leaves nothing", async ({
  browser, console, laptop,
}) => {
  const [kept, given] = [join(laptop, "kept.bin"), join(laptop, "given-up.bin")];
  writeFileSync(kept, randomBytes(150 * MIB));
  writeFileSync(given, randomBytes(150 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  await openFiles(page, await makeVolume(page, "paused", project));
  const volume = join(console.project("imagenet"), "paused");
  const send = await sendingRate(page);
  await send(40 * MIB);
  const queue = page.getByRole("region", { name: "Uploads" });

  await page.getByLabel("Upload files").setInputFiles(kept);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  await queue.getByRole("button", { name: "Pause" }).click();
  await expect(queue).toContainText(/Paused at/);
  const before = offset();
  await send();
  await page.waitForTimeout(1_000);
  expect(offset()).toBe(before);
  expect(existsSync(join(volume, "kept.bin"))).toBe(false);
  await queue.getByRole("button", { name: "Resume" }).click();
  await uploaded(page);
  expect(hash(join(volume, "kept.bin"))).toBe(hash(kept));

  await send(20 * MIB);
  const cancelled = page.waitForRequest((request) => request.method() === "DELETE");
  await page.getByLabel("Upload files").setInputFiles(given);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  await queue.getByRole("button", { expanded: false }).click();
  await queue.getByRole("button", { name: "Cancel all" }).click();
  await cancelled;
  await expect(queue).toContainText("Cancelled");
  expect(existsSync(join(volume, "given-up.bin"))).toBe(false);
  await page.context().close();
});

test("a file that changes while it is sent fails by its name, the rest goes on", async ({ browser, console, laptop }) => {
  const [moving, still] = [join(laptop, "moving.bin"), join(laptop, "still.txt")];
  writeFileSync(moving, randomBytes(200 * MIB));
  writeFileSync(still, "still");
  const page = await signedIn(browser, console, "Ada Lovelace");
  const offset = acknowledged(page);
  await openFiles(page, await makeVolume(page, "moving", project));
  const volume = join(console.project("imagenet"), "moving");
  const send = await sendingRate(page);
  await send(30 * MIB);
  await page.getByLabel("Upload files").setInputFiles([moving, still]);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  writeFileSync(moving, "another file");
  await send();
  const queue = page.getByRole("region", { name: "Uploads" });
  await queue.getByRole("button", { expanded: false }).click();
  await expect(queue).toContainText("The file changed on your disk", { timeout: 30_000 });
  await expect(queue).toContainText("moving.bin");
  await expect.poll(() => existsSync(join(volume, "still.txt"))).toBe(true);
  expect(existsSync(join(volume, "moving.bin"))).toBe(false);
  await page.context().close();
});

test("bytes that are damaged on their way are sent again, and the file arrives as it was", async ({
  browser, console, laptop,
}) => {
  const file = join(laptop, "large.bin");
  const content = randomBytes(48 * MIB);
  writeFileSync(file, content);
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "damaged", project));
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (response.request().method() === "PATCH") statuses.push(response.status());
  });
  const sent = sentBytes(page);
  let isDamaged = false;
  await page.route("**/uploads/*", async (route) => {
    const headers = route.request().headers();
    if (route.request().method() !== "PATCH" || isDamaged) return route.continue();
    isDamaged = true;
    const begin = Number(headers["upload-offset"]);
    const checksums = Buffer.from(headers["upload-checksum"]!.split(" ")[1]!, "base64");
    const body = Buffer.from(content.subarray(begin, begin + (checksums.length / 4) * MIB));
    body[2 * MIB + 5]! ^= 1;
    return route.continue({ postData: body });
  });
  await page.getByLabel("Upload files").setInputFiles(file);
  await uploaded(page);
  expect(statuses).toContain(460);
  // What lay before the damage was kept, and not sent again; so was what other lanes had under way.
  expect(sent()).toBeLessThanOrEqual(46 * MIB);
  expect(hash(join(console.project("imagenet"), "damaged", "large.bin"))).toBe(hash(file));
  await page.context().close();
});

test.describe("on a small disk", () => {
  test.use({ diskMib: 200 });

  test("a disk without room says so before a byte is sent, and the upload goes on when there is room", async ({
    browser, console, laptop,
  }) => {
    const file = join(laptop, "large.bin");
    writeFileSync(file, randomBytes(100 * MIB));
    const page = await signedIn(browser, console, "Ada Lovelace");
    const offset = acknowledged(page);
    await openFiles(page, await makeVolume(page, "full", project));
    const ballast = join(console.folder, "clusters", "ballast");
    execFileSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1M", "count=150"], { stdio: "ignore" });
    await page.getByLabel("Upload files").setInputFiles(file);
    const queue = page.getByRole("region", { name: "Uploads" });
    await expect(queue.getByRole("alert")).toBeVisible({ timeout: 30_000 });
    expect(offset()).toBe(0);
    rmSync(ballast);
    await queue.getByRole("button", { name: "Try again" }).click();
    await uploaded(page);
    expect(hash(join(console.project("imagenet"), "full", "large.bin"))).toBe(hash(file));
    await page.context().close();
  });

  test("a disk that fills up while a file is sent keeps what arrived", async ({ browser, console, laptop }) => {
    const file = join(laptop, "medium.bin");
    writeFileSync(file, randomBytes(30 * MIB));
    const page = await signedIn(browser, console, "Ada Lovelace");
    await openFiles(page, await makeVolume(page, "filling", project));
    const send = await sendingRate(page);
    await send(4 * MIB);
    const begun = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/uploads"));
    await page.getByLabel("Upload files").setInputFiles(file);
    await begun;
    const ballast = join(console.folder, "clusters", "ballast");
    // dd writes until there is no room.
    expect(() => execFileSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1M"], { stdio: "ignore" })).toThrow();
    await send();
    const queue = page.getByRole("region", { name: "Uploads" });
    await expect(queue.getByRole("alert")).toBeVisible({ timeout: 30_000 });
    expect(existsSync(join(console.project("imagenet"), "filling", "medium.bin"))).toBe(false);
    rmSync(ballast);
    await queue.getByRole("button", { name: "Try again" }).click();
    await uploaded(page);
    expect(hash(join(console.project("imagenet"), "filling", "medium.bin"))).toBe(hash(file));
    await page.context().close();
  });
});
