import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
/** An answer longer than this is none that was asked for. */
const ANSWER_BYTES_MAX = 64 * 1024;

/**
 * One kept-alive connection that asks one question at a time. It knows just enough of HTTP for answers with a
 * Content-Length: a client library would cost more than the server that is measured.
 */
export class PollerConnection {
  readonly #host: string;
  readonly #port: number;
  readonly #limitMs: number;
  #socket: Socket | null = null;
  #received: Buffer = Buffer.alloc(0);
  #settle: ((status: number) => void) | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: URL, limitMs: number) {
    this.#host = url.hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(url.port);
    this.#limitMs = limitMs;
  }

  /** Resolves when the connection is open, at once when it is. */
  async open(): Promise<void> {
    if (this.#socket !== null) return;
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
      this.#end(0);
    });
  }

  /** Opens the connection again if it was closed meanwhile. @returns the answer's status; 0: there was none. */
  async ask(request: string): Promise<number> {
    await this.open();
    return await new Promise((resolve) => {
      this.#settle = resolve;
      this.#timer = setTimeout(() => this.#socket?.destroy(), this.#limitMs);
      this.#socket?.write(request);
    });
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd >= 0) {
      const head = this.#received.toString('latin1', 0, headEnd);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
      if (this.#received.length < headEnd + HEAD_END.length + length) return;
      this.#received = Buffer.alloc(0);
      this.#end(Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
    } else if (this.#received.length > ANSWER_BYTES_MAX) this.#socket?.destroy();
  }

  #end(status: number): void {
    clearTimeout(this.#timer);
    const settle = this.#settle;
    this.#settle = null;
    settle?.(status);
  }
}
