import { type CopyRun, HEADER_BYTES } from './frames.ts';

/** File header of COPY BINARY without extensions: signature, flags, extension length. */
export const copyBinaryHeader: Buffer = Buffer.concat([
  Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
  Buffer.alloc(8),
]);

/** What ends a COPY BINARY: a field count of -1. */
export const copyBinaryTrailer: Buffer = Buffer.from([0xff, 0xff]);

const SIGNATURE_BYTES = 11;
const COPY_DATA = 0x64; // d

/** Tuples with the headers of their messages. */
export interface FramedTuples {
  readonly bytes: Buffer;
  readonly rowCount: number;
}

/**
 * Makes one CopyData message of many, in their own memory.
 * @returns the message, which takes the place of those it was made of.
 */
export function joinMessages(messages: Uint8Array): Buffer {
  const bytes = Buffer.from(messages.buffer, messages.byteOffset, messages.byteLength);
  let fill = HEADER_BYTES;
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    bytes.copyWithin(fill, at + HEADER_BYTES, end);
    fill += end - at - HEADER_BYTES;
    at = end;
  }
  bytes[0] = COPY_DATA;
  bytes.writeUInt32BE(fill - 1, 1);
  return bytes.subarray(0, fill);
}

/**
 * Takes the runs of a COPY (FORMAT binary) TO STDOUT and hands out the messages that hold a tuple, without the file's
 * header and trailer. The server sends one message per tuple, the header ahead of the first one in the same message, and
 * the trailer by itself.
 */
export class TupleCutter {
  #isPastHeader = false;

  /** Writes into the run's slab where it takes the header away. @throws RangeError when the stream is no COPY BINARY. */
  cut(run: CopyRun): FramedTuples {
    const { slab } = run;
    let { start, end, lastStart, messageCount: rowCount } = run;
    if (!this.#isPastHeader) {
      const payloadEnd = start + 1 + slab.readUInt32BE(start + 1);
      const tuple = this.#skipHeader(slab, start + HEADER_BYTES, payloadEnd);
      const isFirstLast = start === lastStart;
      if (tuple === payloadEnd) {
        start = tuple;
        rowCount -= 1;
        if (isFirstLast) return { bytes: slab.subarray(start, start), rowCount: 0 };
      } else {
        // The header is longer than that of a message, which moves into it.
        start = tuple - HEADER_BYTES;
        slab[start] = COPY_DATA;
        slab.writeUInt32BE(payloadEnd - tuple + 4, start + 1);
        if (isFirstLast) lastStart = start;
      }
    }
    if (
      end - lastStart === HEADER_BYTES + copyBinaryTrailer.length &&
      slab[end - 2] === 0xff &&
      slab[end - 1] === 0xff
    ) {
      end = lastStart;
      rowCount -= 1;
    }
    return { bytes: slab.subarray(start, end), rowCount };
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
