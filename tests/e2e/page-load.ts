// The first load of the catalogue: bytes over the wire, time to the first row and to being usable,
// beside the same page without WASM. Rounds are interleaved; figures are medians.
import type { Browser, BrowserContext } from "@playwright/test";
import type { Console } from "./support/console";
import { expect, signedIn, test } from "./support/fixtures";

const ROUNDS = 11;
const VOLUMES = 50;

type Load = { bytes: number; firstRow: number; interactive?: number };

test("the first load of the catalogue", async ({ browser, console }) => {
  const state = await catalogue(browser, console);
  const loads: Record<"with WASM" | "without WASM", Load[]> = { "with WASM": [], "without WASM": [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const kind of ["with WASM", "without WASM"] as const) {
      const one = await load(browser, console, state, kind === "with WASM");
      // The first round warms up.
      if (round > 0) loads[kind].push(one);
    }
  }
  for (const [kind, all] of Object.entries(loads)) {
    const interactive = all.map((one) => one.interactive).filter((time) => time !== undefined);
    process.stdout.write(
      `\n${kind.padEnd(14)}` +
        `WASM, JavaScript and CSS ${(median(all.map((one) => one.bytes)) / 1000).toFixed(1).padStart(7)} KB   ` +
        `first row ${median(all.map((one) => one.firstRow)).toFixed(0).padStart(5)} ms` +
        (interactive.length > 0 ? `   interactive ${median(interactive).toFixed(0).padStart(5)} ms` : ""),
    );
  }
  process.stdout.write("\n");
});

/// A page of volumes; answers the session of somebody who sees them.
async function catalogue(browser: Browser, console: Console) {
  const page = await signedIn(browser, console, "Katherine Johnson");
  const projects = await (await page.request.get("/fn/data-volumes/project-choices")).json();
  for (let number = 0; number < VOLUMES; number += 1) {
    const made = await page.request.post("/fn/data-volumes/create", {
      headers: { origin: console.origin },
      data: {
        new: {
          projectId: projects[number % projects.length].id,
          name: `dataset-${number}`,
          storage: { kind: "newClaim", storageClass: "standard", size: 1 << 30 },
        },
      },
    });
    expect(made.ok(), await made.text()).toBe(true);
  }
  const state = await page.context().storageState();
  await page.context().close();
  return state;
}

async function load(
  browser: Browser,
  console: Console,
  storageState: Awaited<ReturnType<BrowserContext["storageState"]>>,
  hasWasm: boolean,
): Promise<Load> {
  const context = await browser.newContext({ baseURL: console.origin, storageState });
  const page = await context.newPage();
  if (!hasWasm) await page.route(/\.(wasm|js)$/, (route) => route.abort());
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const kept = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, response }) => {
    if (response.url.includes("/pkg/")) kept.add(requestId);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (kept.has(requestId)) bytes += encodedDataLength;
  });
  await page.addInitScript(() => {
    const note = (name: string) => performance.getEntriesByName(name).length || performance.mark(name);
    new MutationObserver(() => {
      if (document.querySelector("tbody tr a")) note("first-row");
      if (document.documentElement.hasAttribute("data-hydrated")) note("interactive");
    }).observe(document, { childList: true, subtree: true, attributes: true });
  });
  await page.goto("/data-volumes", { waitUntil: "domcontentloaded" });
  await expect(page.locator("tbody tr a").first()).toBeVisible();
  if (hasWasm) await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
  const mark = (name: string) =>
    page.evaluate((name) => performance.getEntriesByName(name)[0]?.startTime, name);
  const firstRow = await mark("first-row");
  const interactive = hasWasm ? await mark("interactive") : undefined;
  await context.close();
  return { bytes, firstRow: firstRow ?? Number.NaN, interactive };
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
