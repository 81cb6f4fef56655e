// A database of a test's own on the PostgreSQL that `cargo xtask test` starts.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";

export async function postgresDatabase(): Promise<{ url: string; remove: () => Promise<void> }> {
  const server = process.env.STOWAGE_TEST_POSTGRES;
  if (!server) throw new Error("STOWAGE_TEST_POSTGRES names no server: run `cargo xtask test browser`");
  const name = `e2e_${randomBytes(8).toString("hex")}`;
  const run = (sql: string) => execFileSync("psql", ["-q", "-X", server, "-c", sql]);
  run(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    remove: async () => void run(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}
