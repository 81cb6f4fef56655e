// Files dropped on the pages of Stowage and of other servers, from the drop until all of them lie whole in the
// server's folder: `cargo xtask bench uploads`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type Page, expect, test } from "@playwright/test";
import { Console } from "./support/console";
import { signedIn } from "./support/fixtures";
import { Helper, Laptop, dropped, holds, median, sleep, whole } from "./support/measured";
import { makeVolume, openFiles } from "./support/steps";
import { uppyPage } from "./support/uppy";

const ROUNDS = Number(process.env.STOWAGE_BENCH_ROUNDS ?? 1);
const SIZE = Number(process.env.STOWAGE_BENCH_SIZE ?? 64) << 20;
const FILES = Number(process.env.STOWAGE_BENCH_FILES ?? 100);
const SMALL = 4096;
/// The mixed set: one file of half the size, and more files than the small ones, of twice their size.
const MIXED = { size: SIZE / 2, files: Math.ceil((FILES * 5) / 3), small: 2 * SMALL };
/// Some pages would need minutes.
const PATIENCE_SECONDS = { small: 15, large: 30, mixed: 60 };

type Kind = keyof typeof PATIENCE_SECONDS;

/// What is dropped at once, and the sizes by which it is known again.
type Load = { paths: string[]; sizes: number[]; bytes: number };

/// A server with a page that takes files.
type Site = {
  name: string;
  kinds: Kind[];
  /// Opens a fresh page, ready to be dropped on; answers the fresh folder in which the files will lie.
  open(browser: Browser): Promise<{ page: Page; selector: string; folder: string }>;
  remove(): void;
};

test("uploads on the pages of several servers", async ({ browser }) => {
  test.setTimeout(3_600_000);
  const laptop = new Laptop();
  const mixedSmall = laptop.small("mixed", MIXED.files, MIXED.small, true);
  const loads: Record<Kind, Load> = {
    small: { paths: laptop.small("small", FILES, SMALL, true), sizes: [SMALL], bytes: FILES * SMALL },
    large: { paths: [laptop.large("large.bin", SIZE)], sizes: [SIZE], bytes: SIZE },
    mixed: {
      paths: [laptop.large("half.bin", MIXED.size), ...mixedSmall],
      sizes: [MIXED.size, MIXED.small],
      bytes: MIXED.size + MIXED.files * MIXED.small,
    },
  };
  const console = await Console.start();
  const sites: Site[] = [];
  try {
    sites.push(
      await stowage(browser, console),
      uppy("Uppy + tusd", ["small", "large", "mixed"], 1),
      uppy("Uppy + tusd, three parts", ["large"], 3),
      await own("miniserve", ["small", "large", "mixed"], "body"),
      await own("copyparty", ["small", "large"], "body", { ask_up: "0" }),
      await own("dufs", ["small", "large"], "body"),
    );
    const sink = await Helper.start((port) => ["sink", String(port)]);
    const times = new Map<string, number[]>();
    for (let round = 0; round <= ROUNDS; round += 1) {
      const note = (name: string, kind: Kind, seconds: number) => {
        process.stdout.write(`round ${round}  ${name.padEnd(26)} ${kind.padEnd(6)} ${seconds.toFixed(2)} s\n`);
        const key = `${name} ${kind}`;
        // The first round warms up.
        if (round > 0) times.set(key, [...(times.get(key) ?? []), seconds]);
      };
      for (const kind of ["small", "large", "mixed"] as const) {
        for (const site of sites.filter((site) => site.kinds.includes(kind))) {
          note(site.name, kind, await measured(site, browser, kind, loads[kind]));
        }
        if (kind === "large") note("sink", kind, await sunk(browser, sink, loads[kind]));
      }
    }
    sink.remove();
    const seconds = (name: string, kind: Kind) => median(times.get(`${name} ${kind}`));
    const rate = (amount: number, seconds: number | null) => (seconds === null ? null : amount / seconds);
    const report = {
      chromium: `Chromium ${browser.version()}`,
      rounds: ROUNDS,
      sizeMebibytes: SIZE >> 20,
      files: FILES,
      patienceSeconds: PATIENCE_SECONDS.small,
      mixed: { sizeMebibytes: MIXED.size >> 20, files: MIXED.files, patienceSeconds: PATIENCE_SECONDS.mixed },
      sinkMegabytesPerSecond: rate(SIZE / 1e6, seconds("sink", "large")),
      sites: sites.map(({ name }) => ({
        name,
        smallFilesPerSecond: rate(FILES, seconds(name, "small")),
        largeMegabytesPerSecond: rate(SIZE / 1e6, seconds(name, "large")),
        mixedSeconds: seconds(name, "mixed"),
      })),
    };
    if (process.env.STOWAGE_BENCH_OUT) writeFileSync(process.env.STOWAGE_BENCH_OUT, JSON.stringify(report, null, 2));
  } finally {
    sites.forEach((site) => site.remove());
    await console.remove();
    laptop.remove();
  }
});

/// Seconds until everything is stored. A page that needs longer than the patience is taken to go on as it did.
async function measured(site: Site, browser: Browser, kind: Kind, load: Load): Promise<number> {
  const { page, selector, folder } = await site.open(browser);
  execFileSync("sync");
  const seconds = await dropped(page, selector, load.paths);
  while (seconds() < PATIENCE_SECONDS[kind] && !holds(folder, load.paths.length, load.sizes)) await sleep(20);
  const took = seconds();
  const stored = whole(folder, load.sizes);
  expect(stored.length, `${site.name} stored nothing`).toBeGreaterThan(0);
  await page.context().close();
  // Large files would fill the disk; creating small ones after a mass of deletions is slow for all.
  stored.filter((path) => statSync(path).size >= 1 << 20).forEach((path) => rmSync(path));
  return took * (load.paths.length / stored.length);
}

/// Seconds until a browser has sent a file to a server that keeps nothing.
async function sunk(browser: Browser, sink: Helper, load: Load): Promise<number> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${sink.port}/`);
  const seconds = await dropped(page, "#sink", load.paths);
  await page.waitForFunction("window.sunk === 1", undefined, { polling: 20, timeout: 120_000 });
  const took = seconds();
  await page.context().close();
  return took;
}

async function stowage(browser: Browser, console: Console): Promise<Site> {
  const made = await signedIn(browser, console, "Katherine Johnson");
  const state = await made.context().storageState();
  let number = 0;
  return {
    name: "Stowage",
    kinds: ["small", "large", "mixed"],
    open: async (browser) => {
      const context = await browser.newContext({ baseURL: console.origin, storageState: state });
      const page = await context.newPage();
      const name = `bench-${(number += 1)}`;
      await openFiles(page, await makeVolume(page, name, "slurm-a / Vision / imagenet"));
      await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled();
      return { page, selector: ".drop-zone", folder: join(console.project("imagenet"), name) };
    },
    remove: () => {},
  };
}

/// Uppy's dashboard, on the same origin as the tusd that it uploads to: one that was just started, as it has one
/// folder for everything.
function uppy(name: string, kinds: Kind[], parts: number): Site {
  let peer: Peer | undefined;
  return {
    name,
    kinds,
    open: async (browser) => {
      peer?.remove();
      peer = await Peer.start("tusd");
      const page = await (await browser.newContext()).newPage();
      await uppyPage(page, peer.origin, `${peer.origin}/files/`, parts);
      return { page, selector: ".uppy-Dashboard", folder: peer.folder };
    },
    remove: () => peer?.remove(),
  };
}

/// The page that a server brings along, on a fresh folder of it for each drop.
async function own(name: string, kinds: Kind[], selector: string, settings: Record<string, string> = {}): Promise<Site> {
  const peer = await Peer.start(name);
  let number = 0;
  return {
    name,
    kinds,
    open: async (browser) => {
      const folder = `drop-${(number += 1)}`;
      mkdirSync(join(peer.folder, folder));
      const context = await browser.newContext();
      await context.addInitScript((settings) => {
        for (const [key, value] of Object.entries(settings)) localStorage.setItem(key, value);
      }, settings);
      const page = await context.newPage();
      await page.goto(`${peer.origin}/${folder}/`, { waitUntil: "load" });
      return { page, selector, folder: join(peer.folder, folder) };
    },
    remove: () => peer.remove(),
  };
}

/// Another server on a folder of its own.
class Peer {
  private constructor(
    readonly folder: string,
    private readonly helper: Helper,
  ) {}

  static async start(name: string): Promise<Peer> {
    const folder = mkdtempSync(join(tmpdir(), `${name}-`));
    return new Peer(folder, await Helper.start((port) => ["serve", name, folder, String(port)]));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.helper.port}`;
  }

  remove(): void {
    this.helper.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
