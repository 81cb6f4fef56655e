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

test("a program without a browser is let in by a person, or refused", async ({ browser, console }) => {
  const post = async (path: string, fields: Record<string, string>) =>
    (await fetch(`${console.origin}${path}`, { method: "POST", body: new URLSearchParams(fields) })).json();
  const begin = () => post("/api/v2/device-authorization", { device_name: "login node" });
  const grantType = "urn:ietf:params:oauth:grant-type:device_code";
  const fetched = (codes: { device_code: string }) =>
    post("/api/v2/token", { grant_type: grantType, device_code: codes.device_code });
  const page = await signedIn(browser, console, "Ada Lovelace");
  const codes = await begin();
  expect(codes.verification_uri).toBe(`${console.origin}/device`);
  await page.goto("/device");
  await hydrated(page);
  await page.getByLabel("Code").fill(codes.user_code.toLowerCase());
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.locator("main")).toContainText("A program on “login node”");
  await expect(page.locator("main")).toContainText(codes.user_code);
  await hydrated(page);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Let it in" }).click();
  await expect(page.locator("main")).toContainText("The program is let in");
  await expectAccessible(page);
  expect(await fetched(codes)).toMatchObject({ token_type: "Bearer", client_id: expect.any(String) });
  await page.getByRole("link", { name: "My access" }).last().click();
  await expect(page.getByRole("row", { name: /cli-login-node/ })).toBeVisible();

  const refused = await begin();
  await page.goto(refused.verification_uri_complete);
  await hydrated(page);
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.locator("main")).toContainText("The program is refused");
  expect(await fetched(refused)).toMatchObject({ error: "access_denied" });
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
