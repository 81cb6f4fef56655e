// Where imports come from.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { basename, join } from "node:path";

/// A web server with files of a real dataset, and one file that never ends.
export class Web {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(files: string[]): Promise<Web> {
    const known = new Map(files.map((file) => [`/${basename(file)}`, file]));
    const server = createServer((request, response) => {
      const file = known.get(request.url ?? "");
      if (request.url === "/endless.bin") {
        response.writeHead(200, { "content-length": 1 << 30 });
        response.write(Buffer.alloc(1 << 20));
      } else if (file) {
        const bytes = readFileSync(file);
        const etag = `"${createHash("sha1").update(bytes).digest("hex")}"`;
        response.writeHead(200, { "content-length": bytes.length, etag });
        response.end(bytes);
      } else {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (!address || typeof address === "string") throw new Error("the web server has no port");
    return new Web(server, `http://127.0.0.1:${address.port}`);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/// The configuration of the demonstration, with imports from this machine permitted; written into the folder.
export function permittingConfiguration(folder: string): string {
  const example = join(import.meta.dirname, "..", "..", "..", "server", "stowage.example.toml");
  const config = join(folder, "stowage.toml");
  writeFileSync(config, `${readFileSync(example, "utf8")}\n[imports]\npermitted_networks = ["127.0.0.1"]\n`);
  return config;
}
