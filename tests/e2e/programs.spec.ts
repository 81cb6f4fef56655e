// What programs come in with: a person's access keys and applications, whose secrets are shown once.
import { expect, hydrated, signedIn, test } from "./support/fixtures";
import { expectAccessible, expectAria } from "./support/looks";

test("an access key shows its secret once, and ends when it is removed", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Ada Lovelace");
  await page.goto("/my-access");
  await hydrated(page);
  await page.getByRole("button", { name: "New access key" }).click();
  const form = page.getByRole("dialog", { name: "New access key" });
  await form.getByLabel("Name").fill("Laptop");
  await expect(form).toContainText("cannot stand in a name");
  await form.getByLabel("Name").fill("laptop");
  await form.getByRole("button", { name: "Make access key" }).click();
  await expect(form).toContainText("Copy the secret now");
  await expectAccessible(page);
  const [clientId, clientSecret] = await form.locator("dd code").allTextContents();
  await form.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row", { name: /laptop/ })).toBeVisible();
  await expect(page.locator("main")).not.toContainText(clientSecret);
  const ask = async () => {
    const body = JSON.stringify({ grantType: "client_credentials", clientId, clientSecret });
    const headers = { "content-type": "application/json" };
    return (await fetch(`${console.origin}/api/v1/token`, { method: "POST", headers, body })).status;
  };
  expect(await ask()).toBe(200);
  await page.getByRole("button", { name: "Remove laptop" }).click();
  await page.getByRole("button", { name: "Remove access key" }).click();
  await expect(page.getByRole("row", { name: /laptop/ })).toHaveCount(0);
  expect(await ask()).toBe(401);
  await page.context().close();
});

test("an application is made, disabled and removed by an administrator", async ({ browser, console }) => {
  const page = await signedIn(browser, console, "Katherine Johnson");
  await page.goto("/administration/applications");
  await hydrated(page);
  await expect(page.locator("main")).toContainText("No applications");
  await page.getByRole("button", { name: "New application" }).click();
  const form = page.getByRole("dialog", { name: "New application" });
  await form.getByLabel("Name").fill("nightly-upload");
  await form.getByRole("button", { name: "Make application" }).click();
  await expect(form).toContainText("Copy the secret now");
  const [clientId, clientSecret] = await form.locator("dd code").allTextContents();
  await form.getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("row", { name: /nightly-upload/ });
  await expect(row).toContainText("Katherine Johnson");
  await expect(page.locator("main")).not.toContainText(clientSecret);
  await expectAria(page, console, "applications");
  await expectAccessible(page);
  const ask = async () => {
    const body = JSON.stringify({ grantType: "client_credentials", clientId, clientSecret });
    const headers = { "content-type": "application/json" };
    return (await fetch(`${console.origin}/api/v1/token`, { method: "POST", headers, body })).status;
  };
  expect(await ask()).toBe(200);
  await page.getByRole("button", { name: "Disable nightly-upload" }).click();
  await expect(row).toContainText("disabled");
  expect(await ask()).toBe(401);
  await page.setViewportSize({ width: 400, height: 800 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Remove nightly-upload" }).click();
  await page.getByRole("button", { name: "Remove application" }).click();
  await expect(page.locator("main")).toContainText("No applications");

  const ada = await signedIn(browser, console, "Ada Lovelace");
  await ada.goto("/administration/applications");
  await expect(ada.locator("main")).toContainText("None of your roles manages anything");
  await ada.context().close();
  await page.context().close();
});
