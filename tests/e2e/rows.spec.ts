// A hundred thousand rows: the page holds those that are seen, and answers.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, signedIn } from "./support/fixtures";
import { sendingRate, test } from "./support/laptop";
import { drop, makeVolume, openFiles } from "./support/steps";

test("a folder of a hundred thousand files is read whole, and the page stays quick", async ({
  browser, console, laptop,
}) => {
  test.setTimeout(600_000);
  const folder = join(laptop, "set");
  for (let part = 0; part < 100; part += 1) {
    mkdirSync(join(folder, `part-${part}`), { recursive: true });
    for (let number = 0; number < 1_000; number += 1) writeFileSync(join(folder, `part-${part}`, `${number}`), "1");
  }
  const page = await signedIn(browser, console, "Ada Lovelace");
  await openFiles(page, await makeVolume(page, "rows", "slurm-a / Vision / imagenet"));
  const send = await sendingRate(page);
  await send(1_000);
  await drop(page, ".drop-zone", [folder]);
  const queue = page.getByRole("region", { name: "Uploads" });
  await expect(queue).toContainText(/of 100.000 files/, { timeout: 400_000 });
  await expect(queue).not.toContainText("reading folders", { timeout: 60_000 });
  await queue.getByRole("button", { name: "Pause" }).click();
  await queue.getByRole("button", { expanded: false }).click();
  const rows = queue.getByRole("listitem");
  await expect(rows.first()).toHaveAttribute("aria-setsize", "100000");
  expect(await rows.count()).toBeLessThan(60);
  const list = queue.getByRole("group", { name: "List of uploads" });
  await list.evaluate((view) => (view.scrollTop = view.scrollHeight));
  await expect(queue.locator('[aria-posinset="100000"]')).toBeVisible();
  expect(await rows.count()).toBeLessThan(60);
  // From a press to the next picture.
  const took = await queue.getByRole("button", { name: "Failed", exact: true }).evaluate(async (button) => {
    const began = performance.now();
    (button as HTMLButtonElement).click();
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    return performance.now() - began;
  });
  expect(took).toBeLessThan(1_000);
  await expect(queue).toContainText("None of these.");
  await page.context().close();
});
