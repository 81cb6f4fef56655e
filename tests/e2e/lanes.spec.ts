// A large file over several requests at once, and what is sent again of it.
import { randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, signedIn } from "./support/fixtures";
import { MIB, acknowledged, hash, sendingRate, sentBytes, test } from "./support/laptop";
import { makeVolume, openFiles, uploaded } from "./support/steps";

const project = "slurm-a / Vision / imagenet";

/// The rows of a report, without its heading.
function readReport(path: string): string[][] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\r\n").slice(1);
  return lines.map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
}

test("a large file goes over several lanes at once and arrives as it was", async ({ browser, console, laptop }) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(400 * MIB + 12_345));
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "lanes", project));
  let [running, most, made] = [0, 0, ""];
  page.on("request", (request) => {
    if (request.method() === "POST") made ||= request.headers()["stowage-lanes"] ?? "";
    if (request.method() === "PATCH") most = Math.max(most, ++running);
  });
  const ended = (request: { method(): string }) => (running -= Number(request.method() === "PATCH"));
  page.on("requestfinished", ended);
  page.on("requestfailed", ended);
  const sent = sentBytes(page);
  await page.getByLabel("Upload files").setInputFiles(file);
  await uploaded(page);
  expect(made).toBe("1");
  expect(most).toBeGreaterThanOrEqual(2);
  expect(sent()).toBe(statSync(file).size);
  expect(hash(join(console.project("imagenet"), "lanes", "large.bin"))).toBe(hash(file));
  await page.context().close();
});

test("lanes that are paused, cut and met by a killed console send only what is missing", async ({
  browser, console, laptop,
}) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(500 * MIB));
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "gaps", project));
  const offset = acknowledged(page);
  const sent = sentBytes(page);
  const send = await sendingRate(page);
  await send(40 * MIB);
  const queue = page.getByRole("region", { name: "Uploads" });
  await page.getByLabel("Upload files").setInputFiles(file);
  await expect.poll(offset, { timeout: 30_000 }).toBeGreaterThan(0);
  await queue.getByRole("button", { name: "Pause" }).click();
  await queue.getByRole("button", { name: "Resume" }).click();
  const paused = sent();
  await expect.poll(sent, { intervals: [50], timeout: 30_000 }).toBeGreaterThan(paused);
  await send(0);
  await expect(queue).toContainText("cannot be reached");
  await console.kill();
  await console.resume();
  await send();
  await uploaded(page);
  expect(hash(join(console.project("imagenet"), "gaps", "large.bin"))).toBe(hash(file));
  // What was acknowledged was sent once; what the server kept of an ended request is not sent again either.
  expect(sent()).toBeLessThanOrEqual(500 * MIB);
  await page.context().close();
});

test("two tabs with the same file leave each other's upload alone", async ({ browser, console, laptop }) => {
  const file = join(laptop, "large.bin");
  writeFileSync(file, randomBytes(120 * MIB));
  const first = await signedIn(browser, console, "Ada Lovelace");
  const id = await makeVolume(first, "tabs", project);
  await openFiles(first, id);
  const second = await first.context().newPage();
  await openFiles(second, id);
  const uploads = [first, second].map((page) => {
    const addresses = new Set<string>();
    page.on("request", (request) => {
      if (request.method() === "PATCH") addresses.add(request.url());
    });
    return addresses;
  });
  const send = await sendingRate(first);
  // The first must not be whole before the second.
  await send(MIB);
  const begun = first.waitForRequest((request) => request.method() === "PATCH");
  await first.getByLabel("Upload files").setInputFiles(file);
  await begun;
  await second.getByLabel("Upload files").setInputFiles(file);
  await uploaded(second);
  await send();
  const queue = first.getByRole("region", { name: "Uploads" });
  await expect(queue).toContainText(/Stored|was there already/, { timeout: 60_000 });
  expect(hash(join(console.project("imagenet"), "tabs", "large.bin"))).toBe(hash(file));
  expect(uploads.map((addresses) => addresses.size)).toEqual([1, 1]);
  expect([...uploads[0]!].some((address) => uploads[1]!.has(address))).toBe(false);
  await first.context().close();
});

test("what became of each file can be saved", async ({ browser, console, laptop }) => {
  writeFileSync(join(laptop, "a.txt"), "a");
  writeFileSync(join(laptop, "b.txt"), "b");
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "report", project));
  await page.getByLabel("Upload files").setInputFiles([join(laptop, "a.txt"), join(laptop, "b.txt")]);
  await uploaded(page);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save report" }).click();
  const report = join(laptop, "report.csv");
  await (await saving).saveAs(report);
  expect(readReport(report)).toEqual([
    ["report", "a.txt", "stored", "1", "17762fddd969a453925d65717ac3eea21320b66b54342fde15128d6caf21215f", ""],
    ["report", "b.txt", "stored", "1", expect.stringMatching(/^[0-9a-f]{64}$/), ""],
  ]);
  await page.context().close();
});
