// A real dataset: the folder `data` of npm's vega-datasets.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

export const vegaDatasets = join(import.meta.dirname, "..", "node_modules", "vega-datasets", "data");

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
