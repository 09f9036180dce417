import { SluiceError } from '@sluice/core/errors/sluice-error';
import { ConnectionLost } from './server-error.ts';
import type { SlabPool } from './slab-pool.ts';

/** Largest message that is taken from a server, in bytes: the bound of one row in memory. */
export const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

/** Letter and length of a message. */
export const HEADER_BYTES = 5;
/** Memory of a reader outside of a COPY, in bytes. */
const ANSWER_BYTES = 16 * 1024;
/** Outside of a COPY the memory is cleared up when less than this is free. */
const ANSWER_READ_BYTES_MIN = 4 * 1024;
/** Within a COPY the slab is handed on when less than this part of it is free: the server's next read would be cut small. */
const SLAB_FREE_PART_MIN = 1 / 4;

const COPY_DATA = 0x64; // d
const COPY_DONE = 0x63; // c
const COPY_OUT = 0x48; // H
const ERROR = 0x45; // E

/** Whole CopyData messages of a COPY TO STDOUT one behind the other, headers included, as the server sent them. */
export interface CopyRun {
  /** The messages are `slab[start, end)`. */
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where the last message begins. */
  readonly lastStart: number;
  /** A server sends one message a row. */
  readonly messageCount: number;
}

export interface FrameHandler {
  /** The slab is the handler's, until it gives it back to the pool. */
  onRun(run: CopyRun): void;
  /** Any other message. `body` may be kept. */
  onMessage(type: string, body: Buffer): void;
}

/**
 * Cuts the byte stream of a server into its messages, in the memory that the socket was read into. Of the rows of a COPY
 * only the headers are looked at: whole runs of them are handed on with their slab, and only the message that the end of a
 * slab cut through is moved to the next one. A message larger than a slab gets memory of its own, once, at its full size.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #slabs: SlabPool;
  #slab: Buffer = Buffer.allocUnsafeSlow(ANSWER_BYTES);
  /** Read so far. */
  #fill = 0;
  /** Cut into messages so far. */
  #parsed = 0;
  #isCopying = false;
  /** The run under way: `#slab[#runStart, #runEnd)`, when its count is not 0. */
  #runStart = 0;
  #runEnd = 0;
  #runLast = 0;
  #runCount = 0;

  constructor(handler: FrameHandler, slabs: SlabPool) {
    this.#handler = handler;
    this.#slabs = slabs;
  }

  /** Where the next bytes are to be read to; never empty. */
  space(): Buffer {
    return this.#slab.subarray(this.#fill);
  }

  /** So many bytes were read to `space()`. @throws Cdm.0233 for a row beyond the limit; ConnectionLost for what is no message. */
  landed(bytes: number): void {
    this.#fill += bytes;
    const wanted = this.#walk();
    if (this.#parsed === this.#fill && this.#runCount === 0) {
      this.#parsed = this.#fill = 0;
      if (this.#slab.length > this.#slabs.slabBytes) this.#slab = Buffer.allocUnsafeSlow(ANSWER_BYTES);
    }
    const free = this.#slab.length - this.#fill;
    const freeMin = this.#isCopying ? this.#slabs.slabBytes * SLAB_FREE_PART_MIN : ANSWER_READ_BYTES_MIN;
    if (this.#parsed + wanted > this.#slab.length || (free < freeMin && this.#parsed > 0)) this.#turn(wanted);
  }

  /** Takes bytes that were read elsewhere. @throws as `landed`. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(this.#slab, this.#fill, at);
      at += taken;
      this.landed(taken);
    }
  }

  /** Passes every whole message. @returns how many bytes the message at `#parsed` takes, as far as that is known. */
  #walk(): number {
    let slab = this.#slab;
    let fill = this.#fill;
    let at = this.#parsed;
    while (fill - at >= HEADER_BYTES) {
      const size =
        1 +
        (((slab[at + 1] as number) << 24) |
          ((slab[at + 2] as number) << 16) |
          ((slab[at + 3] as number) << 8) |
          (slab[at + 4] as number));
      if (size < HEADER_BYTES || size > MESSAGE_BYTES_MAX + HEADER_BYTES)
        throw this.#refusal(slab[at] as number, size);
      if (size > fill - at) {
        this.#parsed = at;
        return size;
      }
      if (slab[at] === COPY_DATA) {
        if (this.#runCount === 0) this.#runStart = at;
        this.#runCount += 1;
        this.#runLast = at;
        at += size;
        this.#runEnd = at;
        continue;
      }
      this.#parsed = at + size;
      this.#message(slab[at] as number, slab, at + HEADER_BYTES, at + size);
      slab = this.#slab;
      fill = this.#fill;
      at = this.#parsed;
    }
    this.#parsed = at;
    return HEADER_BYTES;
  }

  /** Another try would meet the same row; what is no message at all may be another server's. */
  #refusal(type: number, size: number): Error {
    const bytes = (size >>> 0) - HEADER_BYTES;
    const limit = `${MESSAGE_BYTES_MAX} is the limit`;
    return this.#isCopying && type === COPY_DATA && size > 0
      ? new SluiceError('Cdm.0233', { cause: `a row takes ${bytes} bytes; ${limit}` })
      : new ConnectionLost(`the server sent a message of ${bytes} bytes; ${limit}`);
  }

  #message(type: number, slab: Buffer, start: number, end: number): void {
    const body = Buffer.from(slab.subarray(start, end));
    if (type === COPY_OUT) this.#isCopying = true;
    else if (type === COPY_DONE || type === ERROR) this.#isCopying = false;
    if (this.#runCount > 0) this.#turn(HEADER_BYTES);
    this.#handler.onMessage(String.fromCharCode(type), body);
  }

  /** Goes on in other memory with what is not cut yet, and hands the run on. */
  #turn(wanted: number): void {
    const slab = this.#slab;
    if (this.#runCount === 0 && wanted <= slab.length) {
      slab.copyWithin(0, this.#parsed, this.#fill);
      this.#fill -= this.#parsed;
      this.#parsed = 0;
      return;
    }
    const rest = this.#fill - this.#parsed;
    const { slabBytes } = this.#slabs;
    const usual = this.#isCopying ? slabBytes : ANSWER_BYTES;
    const needed = Math.max(wanted, rest);
    this.#slab =
      needed <= usual && this.#isCopying
        ? this.#slabs.take()
        : Buffer.allocUnsafeSlow(needed <= usual ? usual : needed);
    slab.copy(this.#slab, 0, this.#parsed, this.#fill);
    this.#parsed = 0;
    this.#fill = rest;
    if (this.#runCount === 0) {
      this.#slabs.give(slab);
      return;
    }
    const run: CopyRun = {
      slab,
      start: this.#runStart,
      end: this.#runEnd,
      lastStart: this.#runLast,
      messageCount: this.#runCount,
    };
    this.#runCount = 0;
    this.#handler.onRun(run);
  }
}

/** Calls `take` with the payload of each message of a run. */
export function eachPayload(run: CopyRun, take: (slab: Buffer, start: number, end: number) => void): void {
  const { slab } = run;
  for (let at = run.start; at < run.end; ) {
    const end = at + 1 + slab.readUInt32BE(at + 1);
    take(slab, at + HEADER_BYTES, end);
    at = end;
  }
}
