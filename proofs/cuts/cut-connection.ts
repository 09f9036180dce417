import { connect, type Socket } from 'node:net';
import type { CutDesk, CutOrder, ProxyTarget } from './cut-order.ts';
import { MessageCutter, MysqlFraming, PostgresFraming } from './message-frames.ts';
import type { Direction, PhaseWatch } from './phases.ts';

export interface ConnectionParts {
  readonly desk: CutDesk;
  readonly target: ProxyTarget;
  readonly order: CutOrder;
  readonly watch: PhaseWatch;
  readonly onEnd: () => void;
}

/** After a late delivery the server has this long to act on it before its side is closed. */
const LATE_ANSWER_MS = 300;

/**
 * One connection through the desk.
 *
 *     open ──▶ held (stall) ──▶ open
 *       ├────▶ lost: nothing passes any more, and the end of one side is not told to the other
 *       ╰────▶ over
 */
export class CutConnection {
  readonly #client: Socket;
  readonly #no: number;
  readonly #parts: ConnectionParts;
  readonly #cutters: Record<Direction, MessageCutter>;
  #server: Socket | null = null;
  #state: 'open' | 'held' | 'lost' = 'open';
  #bytes = 0;
  /** Requests of before the server was reached, and what a stall keeps. */
  readonly #waiting: { readonly direction: Direction; readonly chunk: Buffer }[] = [];
  #isEnded = false;

  constructor(client: Socket, no: number, parts: ConnectionParts) {
    this.#client = client;
    this.#no = no;
    this.#parts = parts;
    const framing = (isClient: boolean) =>
      parts.target.kind === 'postgres' ? new PostgresFraming(isClient) : new MysqlFraming();
    this.#cutters = {
      request: new MessageCutter(framing(true)),
      answer: new MessageCutter(framing(false)),
    };
    this.#follow(client, 'request');
  }

  /** Goes on to the server, unless the cut is due here already. */
  open(): void {
    const { desk, order } = this.#parts;
    if (!desk.isDue('connect', 'accept', { connection: this.#no, bytesBefore: 0, messageBytes: 0 })) {
      this.#reach();
      return;
    }
    switch (order.way) {
      case 'stall':
        desk.after(order.stallMs, () => this.#reach());
        return;
      case 'silence':
        if (order.isDeaf) this.freeze();
        this.#state = 'lost';
        return;
      case 'frozen':
        desk.freeze();
        return;
      case 'half-message':
        this.#state = 'lost';
        desk.refuse(order.refuseMs);
        this.#client.end();
        return;
      case 'one-way':
      case 'gone':
        desk.refuse(order.way === 'gone' ? null : order.refuseMs);
        this.#client.resetAndDestroy();
        return;
      case 'reset':
        this.#client.resetAndDestroy();
    }
  }

  /** Takes nothing from either side any more, and closes neither. */
  freeze(): void {
    this.#state = 'lost';
    this.#client.pause();
    this.#server?.pause();
  }

  destroy(): void {
    this.#client.destroy();
    this.#server?.destroy();
    this.#end();
  }

  #reach(): void {
    if (this.#isEnded) return;
    const { host, port } = this.#parts.target;
    const server = connect({ host, port, allowHalfOpen: true });
    this.#server = server;
    this.#follow(server, 'answer');
    for (const { direction, chunk } of this.#waiting.splice(0)) this.#take(direction, chunk);
  }

  #follow(socket: Socket, direction: Direction): void {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(direction, chunk));
    socket.on('error', () => undefined);
    socket.on('end', () => {
      if (this.#state !== 'lost') this.#other(direction)?.end();
    });
    socket.on('close', () => {
      if (this.#state !== 'lost') this.#other(direction)?.destroy();
      if (this.#client.destroyed && (this.#server === null || this.#server.destroyed)) this.#end();
    });
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.onEnd();
  }

  #other(direction: Direction): Socket | null {
    return direction === 'request' ? this.#server : this.#client;
  }

  #take(direction: Direction, chunk: Buffer): void {
    if (this.#state === 'lost') return;
    const to = this.#other(direction);
    if (this.#state === 'held' || to === null) {
      this.#waiting.push({ direction, chunk });
      return;
    }
    const messages = this.#cutters[direction].push(chunk);
    const passed: Buffer[] = [];
    const { desk, watch } = this.#parts;
    for (const [i, message] of messages.entries()) {
      const phase = watch.see(direction, message);
      const met = { connection: this.#no, bytesBefore: this.#bytes, messageBytes: message.length };
      if (phase !== null && desk.isDue(phase, direction, met)) {
        this.#pass(direction, to, passed);
        this.#cut(direction, message, messages.slice(i + 1));
        return;
      }
      this.#bytes += message.length;
      passed.push(message);
    }
    this.#pass(direction, to, passed);
  }

  #pass(direction: Direction, to: Socket, messages: readonly Buffer[]): void {
    if (messages.length === 0 || to.destroyed) return;
    const from = direction === 'request' ? this.#client : this.#server;
    if (to.write(Buffer.concat(messages)) || from === null) return;
    from.pause();
    to.once('drain', () => from.resume());
  }

  #cut(direction: Direction, message: Buffer, behind: readonly Buffer[]): void {
    const { desk, order } = this.#parts;
    const server = this.#server;
    switch (order.way) {
      case 'reset':
      case 'gone':
        this.#state = 'lost';
        if (order.way === 'gone') {
          desk.refuse(null);
          desk.release();
        }
        this.#client.resetAndDestroy();
        server?.resetAndDestroy();
        return;
      case 'half-message':
        this.#state = 'lost';
        desk.refuse(order.refuseMs);
        this.#other(direction)?.write(message.subarray(0, Math.max(1, message.length >> 1)));
        this.#client.end();
        server?.end();
        return;
      case 'silence':
        if (order.isDeaf) this.freeze();
        this.#state = 'lost';
        return;
      case 'frozen':
        desk.freeze();
        return;
      case 'stall':
        this.#state = 'held';
        desk.after(order.stallMs, () => this.#goOn(direction, [message, ...behind]));
        return;
      case 'one-way':
        this.#state = 'lost';
        desk.refuse(order.refuseMs);
        this.#client.resetAndDestroy();
        desk.after(order.lateMs, () => {
          if (direction === 'request') server?.write(Buffer.concat([message, ...behind]));
          desk.after(LATE_ANSWER_MS, () => server?.destroy());
        });
    }
  }

  #goOn(direction: Direction, first: readonly Buffer[]): void {
    this.#state = 'open';
    const to = this.#other(direction);
    if (to !== null) {
      // The first was seen when it was cut.
      for (const message of first.slice(1)) this.#parts.watch.see(direction, message);
      this.#pass(direction, to, first);
    }
    for (const { direction: of, chunk } of this.#waiting.splice(0)) this.#take(of, chunk);
  }
}
