import { createServer, type Server, type Socket } from 'node:net';
import { CutConnection } from './cut-connection.ts';
import type { CutDesk, CutEvidence, CutOrder, ProxyTarget } from './cut-order.ts';
import type { Direction, Phase, ProxyMemory } from './phases.ts';

/** Stands between a worker and a database, forwards message by message, and cuts one connection once. */
export class CutProxy implements CutDesk {
  readonly #target: ProxyTarget;
  readonly #order: CutOrder;
  readonly #memory: ProxyMemory;
  readonly #connections = new Set<CutConnection>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #server: Server | null = null;
  #port = 0;
  #accepted = 0;
  #seen = 0;
  #evidence: CutEvidence | null = null;
  #isArmed = false;
  #isFrozen = false;

  private constructor(target: ProxyTarget, order: CutOrder) {
    this.#target = target;
    this.#order = order;
    this.#memory = { isPrepared: false, midStreamBytes: order.midStreamBytes };
  }

  /** Listens on a free port of loopback. */
  static async listen(target: ProxyTarget, order: CutOrder): Promise<CutProxy> {
    const proxy = new CutProxy(target, order);
    await proxy.comeBack();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** From now on the order holds; what came before, such as the test of a new link, passes. */
  arm(): void {
    this.#isArmed = true;
  }

  /** Null as long as the phase was not met. */
  get evidence(): CutEvidence | null {
    return this.#evidence;
  }

  /** Is this where the order wants its cut? Counts; true once. */
  isDue(phase: Phase, direction: Direction | 'accept', met: Omit<CutEvidence, 'direction'>): boolean {
    if (!this.#isArmed || this.#evidence !== null || phase !== this.#order.phase) return false;
    // A lost answer needs the answer; what arrives late is the request. The end of rows is always an answer.
    if (phase === 'commit' && direction === 'request' && this.#order.way !== 'one-way') return false;
    if (this.#seen++ < this.#order.skip) return false;
    this.#evidence = { ...met, direction };
    return true;
  }

  /** New connections are refused; those that exist stay. */
  refuse(ms: number | null): void {
    this.#server?.close();
    this.#server = null;
    if (ms !== null) this.after(ms, () => void this.comeBack());
  }

  freeze(): void {
    this.#isFrozen = true;
    for (const connection of this.#connections) connection.freeze();
  }

  /** Works again, on the same port. */
  async comeBack(): Promise<void> {
    this.#isFrozen = false;
    if (this.#server !== null) return;
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Ends every connection, those that hang in the black hole too: the network works again. */
  release(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#server?.close();
    this.#server = null;
    this.release();
  }

  #accept(socket: Socket): void {
    const connection = new CutConnection(socket, this.#accepted++, {
      desk: this,
      target: this.#target,
      order: this.#order,
      watch: this.#target.watch(this.#memory),
      onEnd: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    if (this.#isFrozen) connection.freeze();
    else connection.open();
  }
}
