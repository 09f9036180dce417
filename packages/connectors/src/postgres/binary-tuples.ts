/** File header of COPY BINARY without extensions: signature, flags, extension length. */
export const copyBinaryHeader: Buffer = Buffer.concat([
  Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
  Buffer.alloc(8),
]);

/** What ends a COPY BINARY: a field count of -1. */
export const copyBinaryTrailer: Buffer = Buffer.from([0xff, 0xff]);

const SIGNATURE_BYTES = 11;

/**
 * Takes the payloads of a COPY (FORMAT binary) TO STDOUT and hands out whole tuples without the file's header and trailer.
 * The server sends one message per tuple, the header ahead of the first one and the trailer by itself; header and trailer
 * are told apart by their contents all the same, so that a first message with header, tuple or trailer is cut right.
 */
export class TupleCutter {
  #isPastHeader = false;

  /**
   * @returns where the tuple begins in `buffer[start, end)`; `end` when the payload holds no tuple.
   * @throws RangeError when the stream is no COPY BINARY.
   */
  tupleStart(buffer: Buffer, start: number, end: number): number {
    let at = start;
    if (!this.#isPastHeader) {
      at = this.#skipHeader(buffer, start, end);
      if (at === end) return end;
    }
    return end - at === 2 && buffer[at] === 0xff && buffer[at + 1] === 0xff ? end : at;
  }

  #skipHeader(buffer: Buffer, start: number, end: number): number {
    const signature = copyBinaryHeader.subarray(0, SIGNATURE_BYTES);
    if (
      end - start < copyBinaryHeader.length ||
      buffer.compare(signature, 0, SIGNATURE_BYTES, start, start + SIGNATURE_BYTES) !== 0
    ) {
      throw new RangeError('the server sent no COPY BINARY header');
    }
    const flags = buffer.readUInt32BE(start + SIGNATURE_BYTES);
    if (flags !== 0) throw new RangeError(`COPY BINARY with flags ${flags}`);
    const extensionSize = buffer.readUInt32BE(start + SIGNATURE_BYTES + 4);
    const at = start + copyBinaryHeader.length + extensionSize;
    if (at > end) throw new RangeError('the header of COPY BINARY is cut short');
    this.#isPastHeader = true;
    return at;
  }
}
