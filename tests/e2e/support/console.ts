// A console of a test's own: its own folder, database and ports, gone when the test ends.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Options = {
  database?: string;
  config?: string;
  /// The size of the disk that the cluster's folder lies on; without it, the machine's.
  diskMib?: number;
  /// Under which browsers reach it, if not at its own address.
  publicUrl?: string;
  /// Whether its own address is one of https.
  isEncrypted?: boolean;
};

export class Console {
  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly options: Options,
  ) {}

  private process?: ChildProcess;
  private log = "";

  static async start(options: Options = {}): Promise<Console> {
    const folder = mkdtempSync(join(tmpdir(), "stowage-e2e-"));
    const console = new Console(folder, await freePair(), options);
    if (options.diskMib) {
      const clusters = join(folder, "clusters");
      mkdirSync(clusters);
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${options.diskMib}m`, "tmpfs", clusters]);
    }
    await console.resume();
    return console;
  }

  get origin(): string {
    return this.options.publicUrl ?? this.address;
  }

  private get address(): string {
    return `${this.options.isEncrypted ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  /// The folder of a project on the cluster.
  project(name: string): string {
    return join(this.folder, "clusters", "slurm-a", "projects", name);
  }

  /// Starts the binary on the folder as it is.
  async resume(): Promise<void> {
    const server = process.env.STOWAGE_BIN;
    if (!server) throw new Error("STOWAGE_BIN names no server: run `cargo xtask test browser`");
    const args = ["serve", "--listen", `127.0.0.1:${this.port}`, "--data", this.folder];
    if (this.options.database) args.push("--database", this.options.database);
    if (this.options.config) args.push("--config", this.options.config);
    if (this.options.publicUrl) args.push("--public-url", this.options.publicUrl);
    this.process = spawn(server, args, { stdio: ["ignore", "pipe", "pipe"], env: process.env });
    const note = (chunk: Buffer) => (this.log += chunk.toString());
    this.process.stderr?.on("data", note);
    this.process.stdout?.on("data", note);
    for (let tries = 0; tries < 600; tries += 1) {
      if (this.process.exitCode !== null) throw new Error(`the console ended:\n${this.log}`);
      if (await answers(`${this.address}/sign-in`)) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the console does not answer:\n${this.log}`);
  }

  /// Ends the process the hard way, in the middle of whatever it does.
  async kill(): Promise<void> {
    const running = this.process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((done) => running.once("exit", done));
    running.kill("SIGKILL");
    await ended;
  }

  /// Ends the process and takes its folder away, the mounts in it first.
  async remove(): Promise<void> {
    await this.kill();
    const mounts = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((place) => place.startsWith(this.folder));
    for (const place of mounts.reverse()) execFileSync("umount", ["-l", place]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get messages(): string {
    return this.log;
  }
}

/// Whether a page is there; whoever shows it need not be trusted.
function answers(address: string): Promise<boolean> {
  const get = address.startsWith("https") ? https.get : http.get;
  return new Promise((done) => {
    const request = get(address, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    request.on("error", () => done(false));
  });
}

/// A free port with a free one above it, for the demonstration identity provider.
async function freePair(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = await listen(0);
    if (port < 65_535 && (await listen(port + 1).catch(() => 0)) === port + 1) return port;
  }
  throw new Error("no two free ports beside each other");
}

function listen(port: number): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
