// Uppy, which nobody of this project wrote, uploads to the console by tus.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, signedIn } from "./support/fixtures";
import { MIB, hash, test } from "./support/laptop";
import { makeVolume } from "./support/steps";
import { uppyPage } from "./support/uppy";

const project = "slurm-a / Vision / imagenet";

for (const parts of [1, 3]) {
  test(`Uppy uploads files and a folder${parts > 1 ? `, in ${parts} parts each` : ""}`, async ({
    browser, console, laptop,
  }) => {
    const folder = join(laptop, "set");
    mkdirSync(join(folder, "deep"), { recursive: true });
    const files = [join(laptop, "large file.bin"), join(laptop, "größe.txt")];
    writeFileSync(files[0]!, randomBytes(40 * MIB + 321));
    writeFileSync(files[1]!, "short");
    writeFileSync(join(folder, "a.txt"), "a");
    writeFileSync(join(folder, "deep", "b.txt"), "b");
    const page = await signedIn(browser, console, "Ada Lovelace");
    const name = `uppy-${parts}`;
    const id = await makeVolume(page, name, project);
    const open = () => uppyPage(page, console.origin, `${console.origin}/api/v1/datavolumes/${id}/uploads`, parts);
    const done = () => page.evaluate(() => (window as unknown as { successes(): number }).successes());
    await open();
    await page.locator("input.uppy-Dashboard-input:not([webkitdirectory])").first().setInputFiles(files);
    await expect.poll(done, { timeout: 60_000 }).toBe(2);
    // With files in it the dashboard shows those instead of its inputs.
    await open();
    await page.locator("input.uppy-Dashboard-input[webkitdirectory]").setInputFiles(folder);
    await expect.poll(done, { timeout: 60_000 }).toBe(2);
    const volume = join(console.project("imagenet"), name);
    for (const [path, source] of [
      ["large file.bin", files[0]!],
      ["größe.txt", files[1]!],
      ["set/a.txt", join(folder, "a.txt")],
      ["set/deep/b.txt", join(folder, "deep", "b.txt")],
    ] as const) {
      expect(hash(join(volume, path)), path).toBe(hash(source));
    }
    await page.context().close();
  });
}
