// What measurements of uploads share: files to send, hands that drop them, and looks at what became of them.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  type Dirent, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";

export const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/// A folder of files to drop; gone when it is no longer needed.
export class Laptop {
  readonly folder = mkdtempSync(join(tmpdir(), "laptop-"));

  /// Files of one size beneath a folder, a thousand to a folder of their own unless they lie flat.
  small(name: string, count: number, size: number, isFlat = false): string[] {
    const bytes = randomBytes(1 << 20);
    return Array.from({ length: count }, (_, number) => {
      const place = join(this.folder, name, isFlat ? "" : String(Math.floor(number / 1000)));
      if (number % 1000 === 0) mkdirSync(place, { recursive: true });
      const path = join(place, `${name}-${String(number).padStart(6, "0")}.bin`);
      const begin = (number * 64) % (bytes.length - size);
      writeFileSync(path, bytes.subarray(begin, begin + size));
      return path;
    });
  }

  large(name: string, size: number): string {
    const path = join(this.folder, name);
    const piece = randomBytes(Math.min(size, 64 << 20));
    for (let written = 0; written < size; written += piece.length) {
      writeFileSync(path, piece.subarray(0, size - written), { flag: "a" });
    }
    // Read once, so that no page has to wait for the disk.
    execFileSync("cat", [path], { stdio: "ignore" });
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/// The program that measures, as one of the servers that it can be.
export class Helper {
  private constructor(
    readonly port: number,
    private readonly process: ChildProcess,
  ) {}

  /// Starts it with the arguments that its port leads to.
  static async start(argumentsFor: (port: number) => string[], at?: number): Promise<Helper> {
    const port = at ?? (await freePort());
    const child = spawn(benchProgram(), argumentsFor(port), { stdio: "ignore" });
    for (let tries = 0; tries < 600; tries += 1) {
      if (await listens(port)) return new Helper(port, child);
      await sleep(50);
    }
    child.kill();
    throw new Error(`${argumentsFor(port).join(" ")} does not listen`);
  }

  remove(): void {
    this.process.kill();
  }
}

export function benchProgram(): string {
  const bench = process.env.STOWAGE_BENCH;
  if (!bench) throw new Error("STOWAGE_BENCH names no program: run `cargo xtask bench uploads`");
  return bench;
}

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), done(true)));
    socket.once("error", () => done(false));
  });
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/// Drops files and folders of this machine onto an element; answers what tells the seconds since.
export async function dropped(page: Page, selector: string, paths: string[]): Promise<() => number> {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`nothing to drop on: ${selector}`);
  const at = { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 200) };
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  await session.send("Input.dispatchDragEvent", { type: "dragEnter", ...at, data });
  await session.send("Input.dispatchDragEvent", { type: "dragOver", ...at, data });
  const began = performance.now();
  await session.send("Input.dispatchDragEvent", { type: "drop", ...at, data });
  return () => (performance.now() - began) / 1000;
}

/// What lies beneath a folder, without what servers keep there for themselves.
export function entries(folder: string): Dirent[] {
  const all = readdirSync(folder, { withFileTypes: true, recursive: true });
  const isOwn = /\/\.(stowage|hist|config|nginx)(\/|$)/;
  return all.filter(
    (entry) => entry.isFile() && !/\.(info|json|lock|PARTIAL)$/.test(entry.name) && !isOwn.test(`${entry.parentPath}/`),
  );
}

/// The files that have one of these sizes: those that are whole.
export function whole(folder: string, sizes: number[]): string[] {
  const paths = entries(folder).map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => sizes.includes(statSync(path, { throwIfNoEntry: false })?.size ?? -1));
}

/// Whether so many files lie whole in a folder. Counting names is cheap, looking at each file is not.
export function holds(folder: string, count: number, sizes: number[]): boolean {
  return entries(folder).length >= count && whole(folder, sizes).length >= count;
}

/// Memory of all processes of the browsers that this process started, in MiB; a page that several share counts once.
export function browserMebibytes(): number {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(processes.map((pid) => [pid, parentOf(pid)]));
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === String(process.pid) || isOurs(parents.get(pid)));
  let kibibytes = 0;
  for (const pid of processes.filter((pid) => isOurs(parents.get(pid)))) {
    // A process may end while it is looked at.
    try {
      if (!/chrom/.test(readlinkSync(`/proc/${pid}/exe`))) continue;
      const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
      kibibytes += Number(pss?.[1] ?? 0);
    } catch {}
  }
  return kibibytes / 1024;
}

function parentOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1];
  } catch {
    return undefined;
  }
}

export function median(numbers: number[] | undefined): number | null {
  const sorted = [...(numbers ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
