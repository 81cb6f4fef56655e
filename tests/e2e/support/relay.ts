// What stands between two that speak with each other, and can be taken away with every connection to it.
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

export class Relay {
  private readonly open = new Set<Socket>();
  private isThere = true;
  private bytes = 0;
  private readonly server = createServer((near) => {
    if (!this.isThere) return near.destroy();
    const far = connect(this.to, "127.0.0.1");
    near.on("data", (piece) => (this.bytes += piece.length));
    for (const [from, to] of [[near, far], [far, near]] as const) {
      this.open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.open.delete(from);
        to.destroy();
      });
    }
  });

  /// In front of a server of this machine, which may be chosen later.
  private constructor(public to: number) {}

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    await new Promise<void>((done) => relay.server.listen(0, "127.0.0.1", done));
    return relay;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /// What came in from those who connected.
  get received(): number {
    return this.bytes;
  }

  /// Takes the server away, or lets it be there again.
  setThere(isThere: boolean): void {
    this.isThere = isThere;
    if (!isThere) for (const socket of this.open) socket.destroy();
  }

  remove(): void {
    this.setThere(false);
    this.server.close();
  }
}
