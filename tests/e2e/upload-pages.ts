// Files dropped on the pages of Stowage and of other servers, from the drop until all of them lie whole in the
// server's folder: `cargo xtask bench uploads`.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type Dirent, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type Page, expect, test } from "@playwright/test";
import { Console } from "./support/console";
import { hydrated, signedIn } from "./support/fixtures";
import { makeVolume, openFiles } from "./support/steps";
import { uppyPage } from "./support/uppy";

const ROUNDS = Number(process.env.STOWAGE_BENCH_ROUNDS ?? 1);
const SIZE = Number(process.env.STOWAGE_BENCH_SIZE ?? 64) << 20;
const FILES = Number(process.env.STOWAGE_BENCH_FILES ?? 100);
const SMALL = 4096;
/// Some pages would need minutes.
const PATIENCE_SECONDS = 30;

type Kind = "small" | "large";

/// A server with a page that takes files.
type Site = {
  name: string;
  kinds: Kind[];
  /// Opens a fresh page, ready to be dropped on; answers the folder in which the files will lie.
  open(browser: Browser): Promise<{ page: Page; selector: string; folder: string }>;
};

test("uploads on the pages of several servers", async ({ browser }) => {
  test.setTimeout(3_600_000);
  const laptop = mkdtempSync(join(tmpdir(), "laptop-"));
  const files = { small: smallFiles(laptop), large: [largeFile(laptop)] };
  const peers: Peer[] = [];
  const peer = async (name: string) => {
    const started = await Peer.start(name);
    peers.push(started);
    return started;
  };
  const console = await Console.start();
  try {
    const [tusd, miniserve, copyparty, dufs] = [
      await peer("tusd"), await peer("miniserve"), await peer("copyparty"), await peer("dufs"),
    ];
    const sites = [
      await stowage(browser, console),
      uppy("Uppy + tusd", tusd, ["small", "large"], 1),
      uppy("Uppy + tusd, three parts", tusd, ["large"], 3),
      own("miniserve", miniserve, "body"),
      own("copyparty", copyparty, "body", { ask_up: "0" }),
      own("dufs", dufs, "body"),
    ];
    const rates = new Map<string, number[]>();
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const kind of ["small", "large"] as const) {
        for (const site of sites.filter((site) => site.kinds.includes(kind))) {
          const rate = await measured(site, browser, kind, files[kind]);
          process.stdout.write(`round ${round}  ${site.name.padEnd(26)} ${kind}  ${rate.toFixed(0)}\n`);
          const key = `${site.name} ${kind}`;
          // The first round warms up.
          if (round > 0) rates.set(key, [...(rates.get(key) ?? []), rate]);
        }
      }
    }
    const report = {
      chromium: `Chromium ${browser.version()}`,
      rounds: ROUNDS,
      sizeMebibytes: SIZE >> 20,
      files: FILES,
      patienceSeconds: PATIENCE_SECONDS,
      pages: sites.map((site) => ({
        name: site.name,
        smallFilesPerSecond: median(rates.get(`${site.name} small`)),
        largeMegabytesPerSecond: median(rates.get(`${site.name} large`)),
      })),
    };
    if (process.env.STOWAGE_BENCH_OUT) writeFileSync(process.env.STOWAGE_BENCH_OUT, JSON.stringify(report, null, 2));
  } finally {
    peers.forEach((peer) => peer.remove());
    await console.remove();
    rmSync(laptop, { recursive: true, force: true });
  }
});

/// Files or megabytes a second.
async function measured(site: Site, browser: Browser, kind: Kind, paths: string[]): Promise<number> {
  const { page, selector, folder } = await site.open(browser);
  const size = kind === "small" ? SMALL : SIZE;
  const before = whole(folder, size).length;
  execFileSync("sync");
  const at = await middle(page, selector);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  await session.send("Input.dispatchDragEvent", { type: "dragEnter", ...at, data });
  await session.send("Input.dispatchDragEvent", { type: "dragOver", ...at, data });
  const began = performance.now();
  await session.send("Input.dispatchDragEvent", { type: "drop", ...at, data });
  const seconds = () => (performance.now() - began) / 1000;
  // Counting names is cheap, looking at each file is not.
  while (seconds() < PATIENCE_SECONDS) {
    if (entries(folder).length - before >= paths.length && whole(folder, size).length - before >= paths.length) break;
    await new Promise((done) => setTimeout(done, 20));
  }
  const took = seconds();
  const stored = whole(folder, size);
  const count = stored.length - before;
  expect(count, `${site.name} stored nothing`).toBeGreaterThan(0);
  await page.context().close();
  // Large files would fill the disk; creating small ones after a mass of deletions is slow for all.
  if (kind === "large") stored.forEach((path) => rmSync(path));
  return kind === "small" ? count / took : SIZE / 1e6 / took;
}

/// What lies beneath a folder, without what servers keep there for themselves.
function entries(folder: string): Dirent[] {
  const all = readdirSync(folder, { withFileTypes: true, recursive: true });
  const isOwn = /\/\.(stowage|hist|config|nginx)(\/|$)/;
  return all.filter(
    (entry) => entry.isFile() && !/\.(info|json|lock|PARTIAL)$/.test(entry.name) && !isOwn.test(`${entry.parentPath}/`),
  );
}

/// The files that have their whole size.
function whole(folder: string, size: number): string[] {
  const paths = entries(folder).map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.size === size);
}

async function middle(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`nothing to drop on: ${selector}`);
  return { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 200) };
}

/// A fresh folder of Stowage's for each drop: the same names come again.
async function stowage(browser: Browser, console: Console): Promise<Site> {
  const made = await signedIn(browser, console, "Katherine Johnson");
  const state = await made.context().storageState();
  let number = 0;
  return {
    name: "Stowage",
    kinds: ["small", "large"],
    open: async (browser) => {
      const context = await browser.newContext({ baseURL: console.origin, storageState: state });
      const page = await context.newPage();
      const name = `bench-${(number += 1)}`;
      await openFiles(page, await makeVolume(page, name, "slurm-a / Vision / imagenet"));
      await expect(page.getByRole("button", { name: "Upload files" })).toBeEnabled();
      return { page, selector: ".drop-zone", folder: join(console.project("imagenet"), name) };
    },
  };
}

/// Uppy's dashboard, on the same origin as the server that it uploads to.
function uppy(name: string, peer: Peer, kinds: Kind[], parts: number): Site {
  return {
    name,
    kinds,
    open: async (browser) => {
      const page = await (await browser.newContext()).newPage();
      await uppyPage(page, peer.origin, `${peer.origin}/files/`, parts);
      return { page, selector: ".uppy-Dashboard", folder: peer.folder };
    },
  };
}

/// The page that a server brings along, on a fresh folder of it for each drop.
function own(name: string, peer: Peer, selector: string, settings: Record<string, string> = {}): Site {
  let number = 0;
  return {
    name,
    kinds: ["small", "large"],
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
  };
}

/// Another server on a folder of its own.
class Peer {
  private constructor(
    readonly folder: string,
    readonly origin: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(name: string): Promise<Peer> {
    const bench = process.env.STOWAGE_BENCH;
    if (!bench) throw new Error("STOWAGE_BENCH names no program: run `cargo xtask bench uploads`");
    const folder = mkdtempSync(join(tmpdir(), `${name}-`));
    const port = await freePort();
    const child = spawn(bench, ["serve", name, folder, String(port)], { stdio: "ignore" });
    const origin = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 600; tries += 1) {
      if (await fetch(origin).catch(() => undefined)) return new Peer(folder, origin, child);
      await new Promise((done) => setTimeout(done, 50));
    }
    child.kill();
    throw new Error(`${name} does not answer`);
  }

  remove(): void {
    this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function smallFiles(laptop: string): string[] {
  const bytes = randomBytes(SMALL * FILES);
  return Array.from({ length: FILES }, (_, number) => {
    const path = join(laptop, `small-${String(number).padStart(6, "0")}.bin`);
    writeFileSync(path, bytes.subarray(number * SMALL, (number + 1) * SMALL));
    return path;
  });
}

function largeFile(laptop: string): string {
  const path = join(laptop, "large.bin");
  const piece = randomBytes(Math.min(SIZE, 64 << 20));
  for (let written = 0; written < SIZE; written += piece.length) {
    writeFileSync(path, piece.subarray(0, SIZE - written), { flag: "a" });
  }
  // Read once, so that no page has to wait for the disk.
  readFileSync(path);
  return path;
}

function median(numbers: number[] | undefined): number | null {
  const sorted = [...(numbers ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
