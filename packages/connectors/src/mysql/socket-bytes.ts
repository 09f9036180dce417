import type { Duplex } from 'node:stream';
import type { Session } from './session.ts';

/** Bytes that wait here at most, but for one chunk of the socket; then it is paused, and TCP holds the server back. */
const QUEUED_BYTES_MAX = 256 * 1024;

/**
 * Takes the bytes of a session's socket past mysql2, between two of its commands. mysql2 did the log-in and speaks again
 * after `release`; nothing may be asked of the session in between.
 */
export class SocketBytes {
  readonly #session: Session;
  readonly #stream: Duplex;
  readonly #theirs: ((...args: unknown[]) => void)[];
  readonly #queue: Buffer[] = [];
  readonly #silenceTimeoutMs: number;
  readonly #signal: AbortSignal;
  #queuedBytes = 0;
  #isPaused = false;
  #failure: unknown = null;
  #wake: (() => void) | null = null;
  #silence: NodeJS.Timeout | null = null;

  constructor(session: Session, silenceTimeoutMs: number, signal: AbortSignal) {
    this.#session = session;
    this.#stream = session.socket;
    this.#silenceTimeoutMs = silenceTimeoutMs;
    this.#signal = signal;
    this.#theirs = this.#stream.listeners('data') as ((...args: unknown[]) => void)[];
    // Ours first: a stream without any listener would stop to flow.
    this.#stream.on('data', this.#onData);
    for (const listener of this.#theirs) this.#stream.removeListener('data', listener);
    this.#stream.on('close', this.#onLost);
    session.native.on('error', this.#fail);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  send(packet: Buffer): void {
    this.#stream.write(packet);
  }

  /** Waits until there are bytes. @throws what happened to the connection, as mysql2 or the socket named it. */
  async wait(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#queue.length > 0) return;
    this.#silence = setTimeout(
      () => this.#fail(connectionLost(`no answer for ${this.#silenceTimeoutMs} ms`)),
      this.#silenceTimeoutMs,
    );
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(this.#silence);
    this.#silence = null;
    if (this.#failure !== null) throw this.#failure;
  }

  /**
   * Moves bytes that have come to `target[at, end)`.
   * @returns how many.
   * @throws as `wait`.
   */
  take(target: Buffer, at: number, end: number): number {
    if (this.#failure !== null) throw this.#failure;
    let to = at;
    while (to < end) {
      const chunk = this.#queue[0];
      if (chunk === undefined) break;
      const size = Math.min(chunk.length, end - to);
      chunk.copy(target, to, 0, size);
      if (size === chunk.length) this.#queue.shift();
      else this.#queue[0] = chunk.subarray(size);
      to += size;
    }
    this.#queuedBytes -= to - at;
    if (this.#isPaused && this.#queuedBytes < QUEUED_BYTES_MAX) {
      this.#isPaused = false;
      this.#stream.resume();
    }
    return to - at;
  }

  /** Gives the socket back to mysql2. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    for (const listener of this.#theirs) this.#stream.on('data', listener);
    this.#stream.removeListener('data', this.#onData);
    this.#stream.removeListener('close', this.#onLost);
    this.#session.native.removeListener('error', this.#fail);
    if (this.#isPaused) this.#stream.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= QUEUED_BYTES_MAX && !this.#isPaused) {
      this.#isPaused = true;
      this.#stream.pause();
    }
    this.#ring();
  };

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
