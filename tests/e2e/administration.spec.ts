// Who manages the organisation: access rules, departments and projects, and the log of it all.
import { readFileSync } from "node:fs";
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { makeVolume } from "./support/steps";

test("a rule gives a role at once, and takes it away at once", async ({ browser, console }) => {
  const katherine = await signedIn(browser, console, "Katherine Johnson");
  const linus = await signedIn(browser, console, "Linus Pauling");
  await expect(linus.locator("main")).toContainText("You have no role here yet");
  await expect(linus.getByRole("navigation", { name: "Main" })).not.toContainText("Administration");
  await linus.goto("/administration/access-rules");
  await expect(linus.locator("main")).toContainText("None of your roles manages anything");

  await katherine.getByRole("link", { name: "Administration" }).click();
  await hydrated(katherine);
  await katherine.getByRole("button", { name: "Add rule" }).click();
  const form = katherine.getByRole("dialog", { name: "Add rule" });
  await form.getByLabel("Group", { exact: true }).fill("chemistry");
  await form.getByLabel("Role").selectOption("Viewer");
  const vision = await form.getByRole("option", { name: "Vision" }).getAttribute("value");
  await form.getByLabel("Scope").selectOption(vision);
  await expect(form).toContainText("Everybody in the group chemistry may see");
  await expect(form).toContainText("2 projects");
  await form.getByRole("button", { name: "Add rule" }).click();
  await expect(katherine.getByRole("row", { name: /chemistry Viewer/ })).toBeVisible();

  await linus.goto("/data-volumes");
  await expect(linus.locator("main")).toContainText("No data volumes yet");

  await katherine.getByRole("button", { name: /Remove Viewer of chemistry/ }).click();
  const question = katherine.getByRole("dialog", { name: "Remove the rule for chemistry" });
  await expect(question).toContainText("Everybody in the group chemistry loses “Viewer”");
  await question.getByRole("button", { name: "Remove rule" }).click();
  await expect(katherine.getByRole("row", { name: /chemistry/ })).toHaveCount(0);
  await linus.reload();
  await expect(linus.locator("main")).toContainText("You have no role here yet");
  await linus.context().close();

  const last = katherine.getByRole("button", { name: /Remove System administrator of platform-administrators/ });
  await expect(last).toHaveAttribute("aria-disabled", "true");
  await katherine.context().close();
});

test("a person is found by name and given a role", async ({ browser, console }) => {
  const linus = await signedIn(browser, console, "Linus Pauling");
  const katherine = await signedIn(browser, console, "Katherine Johnson");
  await katherine.goto("/administration/access-rules");
  await hydrated(katherine);
  await katherine.getByRole("button", { name: "Add rule" }).click();
  const form = katherine.getByRole("dialog", { name: "Add rule" });
  await form.getByRole("radio", { name: "A person" }).check();
  await form.getByLabel("Search people").fill("paul");
  await expect(form.getByLabel("Person", { exact: true }).locator("option")).toHaveCount(2);
  await form.getByLabel("Person", { exact: true }).selectOption({ index: 1 });
  await form.getByRole("button", { name: "Add rule" }).click();
  await expect(katherine.getByRole("row", { name: /Linus Pauling/ })).toBeVisible();
  await linus.goto("/my-access");
  await expect(linus.getByRole("table", { name: "Roles" })).toContainText("Viewer");
  await linus.context().close();
  await katherine.context().close();
});

test("projects come and go, and the log tells of it", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Katherine Johnson");
  await makeVolume(page, "images", "slurm-a / Vision / imagenet");
  await page.goto("/administration/departments-and-projects");
  await hydrated(page);
  await page.getByRole("link", { name: "Vision" }).click();
  await page.getByRole("button", { name: "New project" }).click();
  const form = page.getByRole("dialog", { name: "New project" });
  await form.getByLabel("Name", { exact: true }).fill("Depth maps");
  await form.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("row", { name: /Depth maps depth-maps-\d+/ })).toBeVisible();

  await page.getByRole("button", { name: "Actions for imagenet" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  const question = page.getByRole("dialog", { name: "Remove “imagenet”" });
  await question.getByRole("button", { name: "Remove" }).click();
  await expect(question).toContainText("imagenet is not empty: 1 data volume.");
  await question.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Actions for Depth maps" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("row", { name: /Depth maps/ })).toHaveCount(0);

  await page.getByRole("link", { name: "Audit log" }).click();
  await expect(page.getByRole("row", { name: /Katherine Johnson deleted Depth maps/ })).toBeVisible();
  await page.getByLabel("Kind of object").selectOption("data volume");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/type=data-volume/);
  await expect(page.getByRole("row", { name: /Katherine Johnson created images/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /Depth maps/ })).toHaveCount(0);
  await hydrated(page);
  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "As a table (CSV)" }).click();
  const table = readFileSync(await (await download).path(), "utf8");
  expect(table.split("\n")[0]).toBe(
    "happenedAt,result,by,byId,kind,objectType,objectId,objectName,subject,scopeName,reason,address,userAgent,id",
  );
  expect(table).toMatch(/,done,Katherine Johnson,.*,created,data-volume,.*,images,.*127\.0\.0\.1/);
  expect(table).not.toContain("Depth maps");
  await page.context().close();
});
