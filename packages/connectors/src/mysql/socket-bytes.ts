import type { Duplex } from 'node:stream';
import { tapSocket } from './pooled-socket.ts';
import type { Session } from './session.ts';

/** With so many bytes waiting the socket is paused, and TCP holds the server back. */
const WAITING_BYTES_MAX = 256 * 1024;
/** Room for those and for what a paused socket may still bring. */
const ROOM_BYTES = WAITING_BYTES_MAX + 128 * 1024;

/**
 * Takes the bytes of a session's socket past mysql2, between two of its commands. mysql2 did the log-in and speaks again
 * after `release`; nothing may be asked of the session in between.
 */
export class SocketBytes {
  readonly #session: Session;
  readonly #stream: Duplex;
  readonly #untap: () => void;
  readonly #silenceTimeoutMs: number;
  readonly #signal: AbortSignal;
  /** What has come and was not taken: `#room[#start, #end)`. */
  #room: Buffer = Buffer.allocUnsafeSlow(ROOM_BYTES);
  #start = 0;
  #end = 0;
  #isPaused = false;
  #failure: unknown = null;
  #wake: (() => void) | null = null;

  constructor(session: Session, silenceTimeoutMs: number, signal: AbortSignal) {
    this.#session = session;
    this.#stream = session.socket;
    this.#silenceTimeoutMs = silenceTimeoutMs;
    this.#signal = signal;
    this.#untap = tapSocket(this.#stream, this.#onData);
    this.#stream.on('close', this.#onLost);
    session.native.on('error', this.#fail);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    // It has said so already, and will not say it again.
    if (this.#stream.destroyed) this.#onLost();
  }

  send(packet: Buffer): void {
    this.#stream.write(packet);
  }

  /** Sends, and waits until the packet has left our memory. @throws as `wait`. */
  async sent(packet: Buffer): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const silence = setTimeout(
      () => this.#fail(connectionLost(`nothing taken for ${this.#silenceTimeoutMs} ms`)),
      this.#silenceTimeoutMs,
    );
    let isTaken = false;
    this.#stream.write(packet, () => {
      isTaken = true;
      this.#ring();
    });
    while (!isTaken && this.#failure === null) {
      // Bytes that come meanwhile ring too.
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(silence);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Waits until there are bytes. @throws what happened to the connection, as mysql2 or the socket named it. */
  async wait(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#end > this.#start) return;
    const silence = setTimeout(
      () => this.#fail(connectionLost(`no answer for ${this.#silenceTimeoutMs} ms`)),
      this.#silenceTimeoutMs,
    );
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(silence);
    if (this.#failure !== null) throw this.#failure;
  }

  /**
   * Moves bytes that have come to `target[at, end)`.
   * @returns how many.
   * @throws as `wait`.
   */
  take(target: Buffer, at: number, end: number): number {
    if (this.#failure !== null) throw this.#failure;
    const size = this.#room.copy(target, at, this.#start, Math.min(this.#end, this.#start + end - at));
    this.#start += size;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
    if (this.#isPaused && this.#end - this.#start < WAITING_BYTES_MAX) {
      this.#isPaused = false;
      this.#stream.resume();
    }
    return size;
  }

  /** Gives the socket back to mysql2. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#untap();
    this.#stream.removeListener('close', this.#onLost);
    this.#session.native.removeListener('error', this.#fail);
    if (this.#isPaused) this.#stream.resume();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#room.length - this.#end < bytes.length) this.#makeRoom(bytes.length);
    this.#end += bytes.copy(this.#room, this.#end);
    if (this.#end - this.#start >= WAITING_BYTES_MAX && !this.#isPaused) {
      this.#isPaused = true;
      this.#stream.pause();
    }
    this.#ring();
  };

  #makeRoom(size: number): void {
    const waiting = this.#end - this.#start;
    // Only a stream that still flows when it is paused gets here with too little room; it brings one more piece at most.
    const room =
      waiting + size > this.#room.length ? Buffer.allocUnsafeSlow(2 * (waiting + size)) : this.#room;
    this.#room.copy(room, 0, this.#start, this.#end);
    this.#room = room;
    this.#start = 0;
    this.#end = waiting;
  }

  readonly #onLost = (): void => this.#fail(connectionLost(''));
  readonly #onAbort = (): void => this.#fail(new Error('the read was stopped'));
  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
    this.#ring();
  };

  #ring(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

function connectionLost(text: string): Error {
  return Object.assign(new Error(text), { code: 'PROTOCOL_CONNECTION_LOST' });
}
