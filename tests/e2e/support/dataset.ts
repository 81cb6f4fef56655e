// A real dataset: the folder `data` of npm's vega-datasets.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const vegaDatasets = join(dirname(require.resolve("vega-datasets/package.json")), "data");

/// SHA-256 of every file beneath a folder, by its path in it.
export function hashes(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (name.startsWith(".stowage")) continue;
    found[name] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return Object.fromEntries(Object.entries(found).sort());
}
