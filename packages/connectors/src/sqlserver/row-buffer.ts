/** Bytes that a buffer begins with. */
const FIRST_BYTES = 64 * 1024;

/** Memory that rows are written into, little end first as TDS has it. Grows as needed; used again after `take`. */
export class RowBuffer {
  #bytes: Buffer;
  #at = 0;

  constructor(sizeBytes = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  get size(): number {
    return this.#at;
  }

  /** Gives up what was written behind a place. */
  truncate(size: number): void {
    this.#at = size;
  }

  /** A copy of what was written from a place on; the buffer is empty then. */
  take(from = 0): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(from, this.#at));
    this.#at = 0;
    return taken;
  }

  /** A copy of a part. */
  copy(from: number, to: number): Buffer {
    return Buffer.from(this.#bytes.subarray(from, to));
  }

  uint8(value: number): void {
    this.#room(1);
    this.#at = this.#bytes.writeUInt8(value, this.#at);
  }

  /** Of up to 6 bytes. */
  uint(value: number, byteCount: number): void {
    this.#room(byteCount);
    this.#at = this.#bytes.writeUIntLE(value, this.#at, byteCount);
  }

  int(value: number, byteCount: number): void {
    this.#room(byteCount);
    this.#at = this.#bytes.writeIntLE(value, this.#at, byteCount);
  }

  int64(value: bigint): void {
    this.#room(8);
    this.#at = this.#bytes.writeBigInt64LE(value, this.#at);
  }

  /** A whole number of so many bytes, 4 at a time. */
  magnitude(value: bigint, byteCount: number): void {
    this.#room(byteCount);
    let rest = value;
    for (let i = 0; i < byteCount; i += 4) {
      this.#at = this.#bytes.writeUInt32LE(Number(rest & 0xffff_ffffn), this.#at);
      rest >>= 32n;
    }
  }

  float(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** UTF-16, two bytes for each unit of the string. */
  utf16(text: string): void {
    const byteCount = text.length * 2;
    this.#room(byteCount);
    this.#bytes.write(text, this.#at, byteCount, 'utf16le');
    this.#at += byteCount;
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(byteCount: number): void {
    const wanted = this.#at + byteCount;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
