// What assistive technology sees of a page, and what axe-core says of it.
import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";
import type { Console } from "./console";

/// Compares the page's accessibility tree with the one checked in, without what differs from run to run.
export async function expectAria(page: Page, console: Console, name: string): Promise<void> {
  const masked = (tree: string) =>
    tree
      .replaceAll(console.folder, "DATA")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "ID")
      .replaceAll(/\b(now|just now|\d+ (s|min|h|d)( ago)?|in \d+ (s|min|h|d))\b/g, "TIME")
      .replaceAll(/[\d.]+ [KMGTP]iB free/g, "SIZE free")
      .replaceAll(/Mozilla\/5\.0 .*?(?= created| edited|"|$)/gm, "BROWSER");
  expect(masked(await page.locator("body").ariaSnapshot())).toMatchSnapshot(`${name}.aria.yml`);
}

/// No violation of any rule that axe-core can tell by itself, in both themes.
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // A list that is loaded anew while axe-core looks is dimmed, and looked at again.
    await expect(async () => {
      await settled(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
      expect(told, `${page.url()} in ${colorScheme}`).toEqual([]);
    }).toPass({ timeout: 15_000 });
  }
}

/// Waits until nothing is dimmed because it is loaded anew, and nothing moves.
async function settled(page: Page): Promise<void> {
  await expect(page.locator(".is-loading, [aria-busy=true]")).toHaveCount(0);
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
        .map((animation) => animation.finished),
    ),
  );
}
