import { ConnectionLost } from './server-error.ts';

/** Largest message that is taken from a server, in bytes: the bound of one row in memory. */
export const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

const HEADER_BYTES = 5;
const COPY_DATA = 0x64; // d

export interface FrameHandler {
  /** One CopyData payload, which is one row: `buffer[start, end)`. The memory is the reader's again after the call. */
  onRow(buffer: Buffer, start: number, end: number): void;
  /** Any other message. `body` may be kept. */
  onMessage(type: string, body: Buffer): void;
}

/**
 * Cuts the byte stream of a server into its messages. Rows of a COPY are handed out where they lie; only a row that
 * straddles two reads is put together in memory of its own, once, at its full size.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFill = 0;
  /** The message under way, when it did not fit into one read. */
  #partial: Buffer | null = null;
  #partialFill = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** @throws ConnectionLost when the bytes are no messages of the protocol. */
  push(chunk: Buffer): void {
    let at = 0;
    const size = chunk.length;
    while (at < size) {
      if (this.#partial !== null) {
        const wanted = this.#partial.length - this.#partialFill;
        const taken = Math.min(wanted, size - at);
        chunk.copy(this.#partial, this.#partialFill, at, at + taken);
        this.#partialFill += taken;
        at += taken;
        if (taken === wanted) {
          const whole = this.#partial;
          this.#partial = null;
          this.#deliver(this.#header[0] ?? 0, whole, 0, whole.length);
        }
        continue;
      }
      if (this.#headerFill === 0 && size - at >= HEADER_BYTES) {
        // The common case: header and body lie in this read.
        const bodySize = chunk.readUInt32BE(at + 1) - 4;
        checkSize(bodySize);
        const start = at + HEADER_BYTES;
        if (bodySize <= size - start) {
          at = start + bodySize;
          this.#deliver(chunk[start - HEADER_BYTES] ?? 0, chunk, start, at);
          continue;
        }
        chunk.copy(this.#header, 0, at, start);
        at = start;
        this.#begin(bodySize);
        continue;
      }
      this.#header[this.#headerFill] = chunk[at] ?? 0;
      this.#headerFill += 1;
      at += 1;
      if (this.#headerFill === HEADER_BYTES) {
        this.#headerFill = 0;
        const bodySize = this.#header.readUInt32BE(1) - 4;
        checkSize(bodySize);
        if (bodySize === 0) this.#deliver(this.#header[0] ?? 0, this.#header, 0, 0);
        else this.#begin(bodySize);
      }
    }
  }

  #begin(bodySize: number): void {
    this.#partial = Buffer.allocUnsafeSlow(bodySize);
    this.#partialFill = 0;
  }

  #deliver(type: number, buffer: Buffer, start: number, end: number): void {
    if (type === COPY_DATA) this.#handler.onRow(buffer, start, end);
    else this.#handler.onMessage(String.fromCharCode(type), Buffer.from(buffer.subarray(start, end)));
  }
}

function checkSize(bodySize: number): void {
  if (bodySize < 0 || bodySize > MESSAGE_BYTES_MAX) {
    throw new ConnectionLost(
      `the server sent a message of ${bodySize} bytes; ${MESSAGE_BYTES_MAX} is the limit`,
    );
  }
}
