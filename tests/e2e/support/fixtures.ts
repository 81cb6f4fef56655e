// What every test starts from: a console of its own and people who can sign in.
import { type Browser, type Page, expect, test as base } from "@playwright/test";
import { Console } from "./console";

export type PersonName =
  | "Ada Lovelace"
  | "Grace Hopper"
  | "Alan Turing"
  | "Katherine Johnson"
  | "Linus Pauling";

export const test = base.extend<{ console: Console; diskMib: number | undefined }>({
  diskMib: [undefined, { option: true }],
  console: async ({ diskMib }, use, info) => {
    const console = await Console.start({ diskMib });
    await use(console);
    if (info.status !== info.expectedStatus) {
      await info.attach("console.log", { body: console.messages, contentType: "text/plain" });
    }
    await console.remove();
  },
});

export { expect };

/// A browser window of somebody who signed in through the demonstration provider.
export async function signedIn(
  browser: Browser,
  console: Console,
  person: PersonName,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Page> {
  const context = await browser.newContext({
    baseURL: console.origin,
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    ...options,
  });
  const page = await context.newPage();
  refuseViolations(page);
  await page.goto("/data-volumes");
  await signIn(page, person);
  await expect(page.getByRole("heading", { name: "Data volumes", level: 1 })).toBeVisible();
  return page;
}

/// Ends the test when the browser reports that a page broke its own content security policy.
export function refuseViolations(page: Page): void {
  page.on("console", (message) => {
    if (/content security policy|permissions policy|cross-origin-embedder/i.test(message.text())) {
      throw new Error(`${page.url()}: ${message.text()}`);
    }
  });
}

/// From the sign-in page through the provider and back to the page that was asked for.
export async function signIn(page: Page, person: PersonName): Promise<void> {
  await page.getByRole("link", { name: /Demonstration/ }).click();
  await page.getByRole("button", { name: new RegExp(person) }).click();
}

/// Waits until the WASM runs: until then only links and forms work.
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
}
