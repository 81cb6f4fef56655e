// Who has a data volume: many scopes at once, what follows, an end by itself, and requests by those who may not.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, hydrated, signedIn } from "./support/fixtures";
import { test } from "./support/laptop";
import { expectAccessible, expectAria } from "./support/looks";
import { drop, makeVolume, openFiles, uploaded } from "./support/steps";

test("many scopes change at once, and the page says before who gains and who loses", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Katherine Johnson");
  const id = await makeVolume(page, "images", "slurm-a / Vision / imagenet");
  await page.goto(`/data-volumes/${id}/sharing`);
  await hydrated(page);
  await expect(page.getByRole("checkbox", { name: "imagenet" })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("checkbox", { name: "asr" }).check();
  await page.getByRole("checkbox", { name: "segmentation" }).check();
  await expect(page.locator(".share-form__effect")).toContainText("Gets it: asr, segmentation.");
  const day = new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  await page.getByLabel("Until").fill(day);
  await page.getByLabel("Reason").fill("for the paper");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("row", { name: /asr project/ })).toContainText(`until ${day}`);
  await expect(page.getByRole("row", { name: /segmentation project/ })).toContainText("for the paper");
  await expect(page.getByRole("row", { name: /asr project/ })).toContainText("1 of 1 ready");

  await page.getByRole("checkbox", { name: "Speech" }).check();
  await page.getByRole("checkbox", { name: "segmentation" }).uncheck();
  await expect(page.locator(".share-form__effect")).toContainText("Lost in: segmentation.");
  await expect(page.locator(".share-form__effect")).toContainText("Gets it: tts.");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("row", { name: /Speech department/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /segmentation project/ })).toHaveCount(0);

  await page.getByLabel("Until").fill("2020-01-01");
  await page.getByRole("checkbox", { name: "segmentation" }).check();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.locator("#share-until-error")).toContainText("This day is over");
  await page.setViewportSize({ width: 400, height: 800 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  await page.context().close();
});

test("who may not share asks, and is told what became of it", async ({ browser, console }) => {
  const katherine = await signedIn(browser, console, "Katherine Johnson");
  const id = await makeVolume(katherine, "images", "slurm-a / Vision / imagenet");
  await katherine.goto("/share-requests");
  await hydrated(katherine);
  await expect(katherine.locator("main")).toContainText("No requests");
  await expectAria(katherine, console, "share-requests-empty");

  await katherine.goto("/administration/access-rules");
  await hydrated(katherine);
  await katherine.getByRole("button", { name: "Add rule" }).click();
  const form = katherine.getByRole("dialog", { name: "Add rule" });
  await form.getByLabel("Group", { exact: true }).fill("chemistry");
  await form.getByLabel("Role").selectOption("L1 researcher");
  const vision = await form.getByRole("option", { name: "Vision" }).getAttribute("value");
  await form.getByLabel("Scope").selectOption(vision);
  await form.getByRole("button", { name: "Add rule" }).click();
  await expect(katherine.getByRole("row", { name: /chemistry L1 researcher/ })).toBeVisible();
  // It would stand in the pictures of the next page as long as it lasts.
  await katherine.getByRole("button", { name: "Dismiss" }).click();

  const linus = await signedIn(browser, console, "Linus Pauling");
  await linus.goto(`/data-volumes/${id}/sharing`);
  await hydrated(linus);
  await linus.getByLabel("Who shall get it").selectOption({ label: "slurm-a / Vision / segmentation (project)" });
  await linus.getByLabel("Reason").fill("to compare");
  await expectAria(linus, console, "ask-for-share");
  await expectAccessible(linus);
  await linus.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(linus.getByRole("row", { name: /segmentation/ })).toContainText("waits");
  await linus.getByRole("button", { name: "Withdraw" }).click();
  await expect(linus.getByRole("row", { name: /segmentation/ })).toHaveCount(0);
  await linus.getByLabel("Who shall get it").selectOption({ label: "slurm-a / Vision / segmentation (project)" });
  await linus.getByLabel("Reason").fill("to compare");
  await linus.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(linus.getByRole("row", { name: /segmentation/ })).toContainText("waits");

  await katherine.getByRole("link", { name: "Requests" }).click();
  await expect(katherine.getByRole("row", { name: /images segmentation/ })).toContainText("to compare");
  await hydrated(katherine);
  await expectAria(katherine, console, "share-requests");
  await expectAccessible(katherine);
  await katherine.getByRole("button", { name: "Refuse" }).click();
  const question = katherine.getByRole("dialog", { name: "Refuse to share with segmentation" });
  await expect(question.getByRole("button", { name: "Refuse" })).toHaveAttribute("aria-disabled", "true");
  await question.getByLabel("Reason").fill("it is not finished");
  await question.getByRole("button", { name: "Refuse" }).click();
  await expect(linus.getByRole("row", { name: /segmentation/ })).toContainText("refused");
  await expect(linus.getByRole("row", { name: /segmentation/ })).toContainText("“it is not finished”");

  await linus.getByLabel("Who shall get it").selectOption({ label: "slurm-a / Vision / segmentation (project)" });
  await linus.getByRole("button", { name: "Ask", exact: true }).click();
  await katherine.goto(`/data-volumes/${id}/sharing`);
  await hydrated(katherine);
  await katherine.getByRole("button", { name: "Approve" }).click();
  await katherine.getByRole("button", { name: "Approve and share" }).click();
  await expect(katherine.getByRole("region", { name: "Who has it", exact: true })).toContainText("segmentation");
  await linus.goto("/share-requests");
  await expect(linus.getByRole("row", { name: /images segmentation/ }).first()).toContainText("approved");
  await linus.setViewportSize({ width: 400, height: 800 });
  const overflow = await linus.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await linus.context().close();

  await katherine.goto("/administration/audit-log");
  await expect(katherine.getByRole("row", { name: /Linus Pauling share asked for segmentation images/ }).first()).toBeVisible();
  await expect(katherine.getByRole("row", { name: /Katherine Johnson request refused segmentation images/ })).toBeVisible();
  await expect(katherine.getByRole("row", { name: /Katherine Johnson request approved segmentation images/ })).toBeVisible();
  await katherine.context().close();
});

test("a folder is shared, and the rest of the volume is not there for those who get it", async ({ browser, console, laptop }) => {
  const page = await signedIn(browser, console, "Katherine Johnson");
  const id = await makeVolume(page, "images", "slurm-a / Vision / imagenet");
  for (const folder of ["train", "secret"]) mkdirSync(join(laptop, folder));
  writeFileSync(join(laptop, "train", "cat.txt"), "a cat\n");
  writeFileSync(join(laptop, "secret", "plan.txt"), "a plan\n");
  await openFiles(page, id);
  await drop(page, ".drop-zone", [join(laptop, "train"), join(laptop, "secret")]);
  await uploaded(page);

  await page.goto(`/data-volumes/${id}/sharing`);
  await hydrated(page);
  await page.getByRole("checkbox", { name: "asr" }).check();
  await page.getByLabel("Folder").fill("../train");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.locator("#share-folder-error")).toContainText("is not the name of a file or folder");
  await page.getByLabel("Folder").fill("train");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("row", { name: /asr project/ })).toContainText("only train");
  await expect(page.getByRole("row", { name: /asr project/ })).toContainText("1 of 1 ready");
  await expectAccessible(page);
  await page.context().close();

  const grace = await signedIn(browser, console, "Grace Hopper");
  await openFiles(grace, id);
  await expect(grace.getByRole("link", { name: "train" })).toBeVisible();
  await expect(grace.locator("main")).not.toContainText("secret");
  await grace.getByRole("link", { name: "train" }).click();
  await grace.getByRole("link", { name: "cat.txt" }).click();
  await expect(grace.locator("main")).toContainText("a cat");
  const answer = async (path: string) => {
    const file = await grace.request.get(`/api/v1/datavolumes/${id}/files/content?path=${encodeURIComponent(path)}`);
    return file.status();
  };
  expect(await answer("train/cat.txt")).toBe(200);
  expect(await answer("secret/plan.txt")).toBe(404);
  await grace.context().close();
});
