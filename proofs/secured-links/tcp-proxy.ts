import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';

/** Stands between a link and its server: counts what passes, and can stop to pass it on. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #seen: Buffer[] = [];
  #isFrozen = false;
  /** Bytes of the server to the link, and back. */
  bytesDown = 0;
  bytesUp = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((link) => {
      const server = dial(target.port, target.host);
      this.#join(server, link, (data) => {
        this.bytesDown += data.length;
        this.#seen.push(data);
      });
      this.#join(link, server, (data) => {
        this.bytesUp += data.length;
      });
    });
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Forgets what was counted and seen. */
  reset(): void {
    this.bytesDown = 0;
    this.bytesUp = 0;
    this.#seen.length = 0;
  }

  /** Did the server send this text? */
  saw(text: string): boolean {
    return Buffer.concat(this.#seen).includes(text);
  }

  /** From now on nothing passes, and nobody is told: as when a cable is pulled. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(from: Socket, to: Socket, onData: (data: Buffer) => void): void {
    this.#sockets.add(from);
    from.on('data', (data: Buffer) => {
      onData(data);
      if (!to.write(data)) {
        from.pause();
        to.once('drain', () => {
          if (!this.#isFrozen) from.resume();
        });
      }
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#isFrozen) from.pause();
  }
}
