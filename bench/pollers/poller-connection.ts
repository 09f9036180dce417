import { connect, type Socket } from 'node:net';

const READ_BYTES = 16 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const OK = Buffer.from('HTTP/1.1 200 ');
const LENGTH = 'content-length: ';
/** A head longer than this is none that was asked for. */
const HEAD_BYTES_MAX = 8 * 1024;

/**
 * One kept-alive connection with one question under way at most. It knows just enough of HTTP for answers with a
 * Content-Length, and reads them into memory of its own: a client library would cost more than the server that is measured,
 * and what the clients cost is missing to it.
 */
export class PollerConnection {
  readonly #socket: Socket;
  readonly #onAnswer: (isOk: boolean) => void;
  /** Of the answer under way: bytes still to come; null: its head has not been read. */
  #missing: number | null = null;
  #isOk = false;
  /** What has come of a head that did not come whole. */
  #head = '';
  #isAsking = false;

  private constructor(url: URL, onAnswer: (isOk: boolean) => void) {
    this.#onAnswer = onAnswer;
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (size, bytes) => {
          this.#take(bytes as Buffer, size);
          return true;
        },
      },
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#isAsking) this.#end(false);
    });
    this.#socket = socket;
  }

  /** @param onAnswer hears once of each question: whether it was answered, with status 200. */
  static async open(url: URL, onAnswer: (isOk: boolean) => void): Promise<PollerConnection> {
    const connection = new PollerConnection(url, onAnswer);
    await new Promise<void>((resolve, reject) => {
      connection.#socket.once('connect', resolve);
      connection.#socket.once('close', () => reject(new Error(`no connection to ${url.host}`)));
    });
    return connection;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  ask(request: Buffer): void {
    this.#isAsking = true;
    if (this.isOpen) this.#socket.write(request);
    else queueMicrotask(() => this.#end(false));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** An answer comes whole nearly always; one that does not is put together. */
  #take(bytes: Buffer, size: number): void {
    if (this.#missing === null) {
      const isFirst = this.#head === '';
      const part = isFirst ? bytes.subarray(0, size) : this.#withHead(bytes.subarray(0, size));
      const headEnd = part.indexOf(HEAD_END);
      if (headEnd < 0) {
        this.#head = part.toString('latin1');
        if (part.length > HEAD_BYTES_MAX) this.#socket.destroy();
        return;
      }
      this.#head = '';
      const length = contentLength(part, headEnd);
      if (length === null) {
        this.#socket.destroy();
        return;
      }
      this.#isOk = part.compare(OK, 0, OK.length, 0, OK.length) === 0;
      this.#missing = headEnd + HEAD_END.length + length - part.length;
    } else this.#missing -= size;
    if (this.#missing > 0) return;
    this.#missing = null;
    this.#end(this.#isOk);
  }

  #withHead(bytes: Buffer): Buffer {
    return Buffer.concat([Buffer.from(this.#head, 'latin1'), bytes]);
  }

  #end(isOk: boolean): void {
    this.#isAsking = false;
    this.#onAnswer(isOk);
  }
}

/** null: there is none, so it is not one of the servers measured here. */
function contentLength(bytes: Buffer, headEnd: number): number | null {
  const at = bytes.indexOf(LENGTH);
  if (at < 0 || at > headEnd) return null;
  let value = 0;
  for (let digit = at + LENGTH.length; ; digit += 1) {
    const char = bytes[digit] ?? 0;
    if (char < 0x30 || char > 0x39) return value;
    value = value * 10 + char - 0x30;
  }
}
