/** Slabs kept for later: one being filled, those that wait, one being written, and what a read under way adds. */
const SLABS_KEPT_MAX = 8;

/**
 * Memory of one size, used again: a stream that allocates a slab per batch fills the heap with garbage faster than the
 * collector is called, for memory outside the heap does not press on it.
 */
export class SlabPool {
  readonly slabBytes: number;
  readonly #free: Buffer[] = [];

  constructor(slabBytes: number) {
    this.slabBytes = slabBytes;
  }

  /** Its content is undefined. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes);
  }

  /** Takes back what `take` gave, or a part of it. Buffers of another size are left to the collector. */
  give(bytes: Uint8Array): void {
    if (bytes.buffer.byteLength !== this.slabBytes || this.#free.length >= SLABS_KEPT_MAX) return;
    this.#free.push(Buffer.from(bytes.buffer));
  }
}
