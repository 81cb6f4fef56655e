// A laptop with files, and what is to be known of those on their way.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Page } from "@playwright/test";
import { test as base } from "./fixtures";

export const MIB = 1 << 20;

/// Every test has a folder of its own as the laptop.
export const test = base.extend<{ laptop: string }>({
  laptop: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "stowage-laptop-"));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
});

export function hash(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/// How fast the page may send, in bytes a second; `undefined` as fast as it can, 0 is a cut network.
export async function sendingRate(page: Page): Promise<(rate?: number) => Promise<void>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  return async (rate) => {
    await session.send("Network.emulateNetworkConditions", {
      offline: rate === 0, latency: 0, downloadThroughput: -1, uploadThroughput: rate ?? -1,
    });
  };
}

/// Adds up the bytes of the slices that are acknowledged from now on.
export function sentBytes(page: Page): () => number {
  let sent = 0;
  page.on("response", (response) => {
    const request = response.request();
    if (request.method() !== "PATCH" || !response.ok()) return;
    sent += Number(response.headers()["upload-offset"]) - Number(request.headers()["upload-offset"]);
  });
  return () => sent;
}

/// Listens for the offsets that the console acknowledges; answers the largest so far.
export function acknowledged(page: Page): () => number {
  let most = 0;
  page.on("response", (response) => {
    if (response.request().method() !== "PATCH" || !response.ok()) return;
    most = Math.max(most, Number(response.headers()["upload-offset"] ?? 0));
  });
  return () => most;
}
