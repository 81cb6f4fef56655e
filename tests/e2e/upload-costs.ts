// What uploads cost the browser and the people before it, and what a cut, a reload, encryption and distance cost the
// uploads: `cargo xtask bench uploads`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type Page, chromium as engine, expect, test } from "@playwright/test";
import { chromium } from "./support/browser";
import { Console } from "./support/console";
import { signedIn } from "./support/fixtures";
import { Helper, Laptop, benchProgram, browserMebibytes, dropped, freePort, holds, median, sleep, whole } from "./support/measured";
import { Relay } from "./support/relay";
import { makeVolume, openFiles } from "./support/steps";

const ROUNDS = Number(process.env.STOWAGE_BENCH_ROUNDS ?? 1);
const SIZE = Number(process.env.STOWAGE_BENCH_SIZE ?? 64) << 20;
const FILES = Number(process.env.STOWAGE_BENCH_FILES ?? 100);
const MANY = Number(process.env.STOWAGE_BENCH_MANY ?? 1000);
const SMALL = 4096;
/// The folder that is dropped a second time holds a tenth of the many.
const AGAIN = MANY / 10;
const PATIENCE_SECONDS = 600;
/// One way of the long wire.
const DELAY_MS = 25;

test.describe.configure({ timeout: 3_600_000 });

/// Adds figures to what is written down.
function note(figures: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  const out = process.env.STOWAGE_BENCH_OUT;
  if (!out) return;
  const before = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : {};
  writeFileSync(out, JSON.stringify({ ...before, ...figures }, null, 2));
}

type Place = { page: Page; folder: string };

/// The Files tab of a fresh data volume, and where its files lie.
async function place(console: Console, browser: Browser | BrowserContext, name: string): Promise<Place> {
  const options = { ignoreHTTPSErrors: true };
  const page =
    "newContext" in browser ? await signedIn(browser, console, "Katherine Johnson", options) : await browser.newPage();
  await openFiles(page, await makeVolume(page, name, "slurm-a / Vision / imagenet"));
  await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled();
  return { page, folder: join(console.project("imagenet"), name) };
}

/// Seconds until so many files of one size lie whole in a folder.
async function stored({ page, folder }: Place, paths: string[], count: number, size: number): Promise<number> {
  execFileSync("sync");
  const seconds = await dropped(page, ".drop-zone", paths);
  await untilStored(seconds, folder, count, size);
  return seconds();
}

async function untilStored(seconds: () => number, folder: string, count: number, size: number): Promise<void> {
  // Looking at many files takes as long as they are many.
  while (!holds(folder, count, [size])) {
    if (seconds() > PATIENCE_SECONDS) throw new Error(`${whole(folder, [size]).length} of ${count} files were stored`);
    await sleep(Math.max(20, count / 50));
  }
}

/// With a browser of its own, whose memory no other page has used.
async function withBrowser<T>(work: (browser: Browser) => Promise<T>, args: string[] = []): Promise<T> {
  const options = chromium.launchOptions;
  const browser = await engine.launch({ ...options, args: [...options.args, ...args] });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/// The most memory above that of the idle page, in MiB, while something is uploaded.
async function memory(console: Console, name: string, paths: string[], count: number, size: number): Promise<number> {
  return withBrowser(async (browser) => {
    const there = await place(console, browser, name);
    await sleep(3000);
    const idle = Math.min(...[browserMebibytes(), (await sleep(500), browserMebibytes())]);
    let most = 0;
    let isDone = false;
    const watching = (async () => {
      for (; !isDone; await sleep(250)) most = Math.max(most, browserMebibytes());
    })();
    await stored(there, paths, count, size);
    isDone = true;
    await watching;
    return most - idle;
  });
}

test("memory of the browser, and the page's thread beside many files", async () => {
  const laptop = new Laptop();
  const console = await Console.start();
  try {
    const large = laptop.large("large.bin", SIZE);
    const few = laptop.small("few", FILES, SMALL, true);
    laptop.small("many", MANY, SMALL);
    const folder = join(laptop.folder, "many");
    const memoryMebibytes = {
      large: await memory(console, "large", [large], 1, SIZE),
      few: await memory(console, "few", few, FILES, SMALL),
      many: await memory(console, "many", [folder], MANY, SMALL),
    };
    note({ chromium: await withBrowser(async (browser) => browser.version()) });
    note({ rounds: ROUNDS, sizeMebibytes: SIZE >> 20, files: FILES, many: MANY, memoryMebibytes });
    await withBrowser(async (browser) => {
      const there = await place(console, browser, "watched");
      await there.page.evaluate(() => {
        Object.assign(window, { longest: 0 });
        new PerformanceObserver((list) => {
          for (const task of list.getEntries()) {
            Object.assign(window, { longest: Math.max((window as any).longest, task.duration) });
          }
        }).observe({ type: "longtask" });
      });
      let seconds: (() => number) | undefined;
      let firstSeconds: number | undefined;
      there.page.on("request", (request) => {
        if (seconds && request.method() === "POST" && request.url().includes("/uploads")) firstSeconds ??= seconds();
      });
      seconds = await dropped(there.page, ".drop-zone", [folder]);
      await untilStored(seconds, there.folder, MANY, SMALL);
      const manySeconds = seconds();
      // No entry comes for a task of less than 50 ms.
      const longestBlockMs = Math.max(50, await there.page.evaluate(() => (window as any).longest));
      note({ firstRequestSeconds: firstSeconds, longestBlockMs, manySeconds });
    });
  } finally {
    await console.remove();
    laptop.remove();
  }
});

test("a cut, and a browser that is killed", async ({ browser }) => {
  const laptop = new Laptop();
  const relay = await Relay.to(0);
  const console = await Console.start({ publicUrl: `http://127.0.0.1:${relay.port}` });
  relay.to = console.port;
  try {
    const large = laptop.large("large.bin", SIZE);
    const cuts: { twice: number; firstByteSeconds: number }[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const there = await place(console, browser, `cut-${round}`);
      const before = relay.received;
      const seconds = await dropped(there.page, ".drop-zone", [large]);
      await until(seconds, () => relay.received - before > SIZE * 0.4);
      relay.setThere(false);
      await sleep(1000);
      const back = { bytes: relay.received, at: performance.now() };
      relay.setThere(true);
      // More than any request has but one with content.
      await until(seconds, () => relay.received - back.bytes > 128 << 10);
      const firstByteSeconds = (performance.now() - back.at) / 1000;
      await untilStored(seconds, there.folder, 1, SIZE);
      cuts.push({ twice: (relay.received - before - SIZE) / SIZE, firstByteSeconds });
      await there.page.context().close();
      whole(there.folder, [SIZE]).forEach((path) => rmSync(path));
    }
    note({
      cut: {
        sentTwice: median(cuts.map((cut) => cut.twice)),
        firstByteSeconds: median(cuts.map((cut) => cut.firstByteSeconds)),
      },
    });

    const profile = mkdtempSync(join(tmpdir(), "profile-"));
    const state = await (await signedIn(browser, console, "Katherine Johnson")).context().storageState();
    const open = async () => {
      const options = { ...chromium.launchOptions, baseURL: console.origin, viewport: { width: 1440, height: 900 } };
      const context = await engine.launchPersistentContext(profile, options);
      await context.addCookies(state.cookies);
      return context;
    };
    const first = await place(console, await open(), "killed");
    const address = first.page.url();
    const before = relay.received;
    const seconds = await dropped(first.page, ".drop-zone", [large]);
    await until(seconds, () => relay.received - before > SIZE * 0.4);
    killBrowser(profile);
    const again = await open();
    const page = await again.newPage();
    await page.goto(address);
    await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled({ timeout: 30_000 });
    const resumed = await dropped(page, ".drop-zone", [large]);
    await untilStored(resumed, first.folder, 1, SIZE);
    note({ killed: { sentTwice: (relay.received - before - SIZE) / SIZE } });
    await again.close();
    rmSync(profile, { recursive: true, force: true });
  } finally {
    relay.remove();
    await console.remove();
    laptop.remove();
  }
});

async function until(seconds: () => number, isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    if (seconds() > PATIENCE_SECONDS) throw new Error("nothing goes on");
    await sleep(5);
  }
}

/// Ends a browser as a power failure would: all its processes at once, without a word.
function killBrowser(profile: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const isOfIt = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(profile);
      if (isOfIt && /chrom/.test(readlinkSync(`/proc/${pid}/exe`))) process.kill(Number(pid), "SIGKILL");
    } catch {}
  }
  // What a profile that is in use is known by.
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) rmSync(join(profile, name), { force: true });
}

test("a folder that is dropped again, unchanged", async () => {
  const laptop = new Laptop();
  const console = await Console.start();
  try {
    laptop.small("set", AGAIN, SMALL);
    const folder = join(laptop.folder, "set");
    const firsts: number[] = [];
    const nexts: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      await withBrowser(async (browser) => {
        const there = await place(console, browser, `again-${round}`);
        const first = await stored(there, [folder], AGAIN, SMALL);
        await there.page.reload();
        await expect(there.page.getByRole("button", { name: "Upload files" })).toBeEnabled();
        const seconds = await dropped(there.page, ".drop-zone", [folder]);
        const queue = there.page.getByRole("region", { name: "Uploads" });
        await expect(queue).toContainText("was there already", { timeout: 120_000 });
        const again = seconds();
        if (round > 0) (firsts.push(first), nexts.push(again));
      });
    }
    note({ again: { files: AGAIN, firstSeconds: median(firsts), nextSeconds: median(nexts) } });
  } finally {
    await console.remove();
    laptop.remove();
  }
});

test("encryption and distance", async () => {
  const laptop = new Laptop();
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const [certificate, key, config] = ["crt", "key", "toml"].map((name) => join(folder, name)) as [string, string, string];
  execFileSync(benchProgram(), ["certificate", certificate, key]);
  const example = join(import.meta.dirname, "..", "..", "server", "stowage.example.toml");
  const tls = `[tls]\ncertificate = "${certificate}"\nkey = "${key}"\n`;
  writeFileSync(config, `${readFileSync(example, "utf8")}\n${tls}`);
  const plain = await Console.start();
  const encrypted = await Console.start({ config, isEncrypted: true });
  const farPort = await freePort();
  const far = await Console.start({ config, isEncrypted: true, publicUrl: `https://127.0.0.1:${farPort}` });
  const wire = await Helper.start((port) => ["relay", String(port), String(far.port), String(DELAY_MS)], farPort);
  try {
    const large = laptop.large("large.bin", SIZE);
    const ways = [
      { name: "plain", console: plain, args: [] },
      { name: "encrypted", console: encrypted, args: ["--ignore-certificate-errors"] },
      { name: "encrypted, HTTP/1.1", console: encrypted, args: ["--ignore-certificate-errors", "--disable-http2"] },
      { name: "far", console: far, args: ["--ignore-certificate-errors"] },
      { name: "far, HTTP/1.1", console: far, args: ["--ignore-certificate-errors", "--disable-http2"] },
    ];
    const rates = new Map<string, number[]>();
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const way of ways) {
        await withBrowser(async (browser) => {
          const there = await place(way.console, browser, `${way.name.replace(/\W+/g, "-")}-${round}`.toLowerCase());
          const rate = SIZE / 1e6 / (await stored(there, [large], 1, SIZE));
          process.stdout.write(`round ${round}  ${way.name.padEnd(20)} ${rate.toFixed(0)} MB/s\n`);
          if (round > 0) rates.set(way.name, [...(rates.get(way.name) ?? []), rate]);
          whole(there.folder, [SIZE]).forEach((path) => rmSync(path));
        }, way.args);
      }
    }
    const [plainRate, encryptedRate, encryptedHttp1, farRate, farHttp1] = ways.map(({ name }) => median(rates.get(name)));
    note({ megabytesPerSecond: { plain: plainRate, encrypted: encryptedRate, encryptedHttp1, far: farRate, farHttp1 } });
  } finally {
    wire.remove();
    for (const console of [plain, encrypted, far]) await console.remove();
    laptop.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
