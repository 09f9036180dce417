import { type WireColumn, wireColumnOf } from './wire-column.ts';

/** A packet's body begins with this byte when it is an error, the end of a part, or (in binary results) a row. */
export const ERROR_MARK = 0xff;
export const END_MARK = 0xfe;

/** What ends a column definition: its length byte, character set, length, type, flags, decimals, two bytes of nothing. */
const DEFINITION_TAIL_BYTES = 13;
const TYPE_AT = 7;
const FLAGS_AT = 8;
/** An end packet is short; a definition that begins with the same byte is not. */
const END_BYTES_MAX = 9;

/** COM_STMT_EXECUTE, one turn, without a cursor and without parameters: the server then streams all rows in binary. */
export function executePacket(statementId: number): Buffer {
  const packet = Buffer.alloc(14);
  packet.writeUIntLE(10, 0, 3);
  packet[4] = 0x17;
  packet.writeUInt32LE(statementId, 5);
  packet.writeUInt32LE(1, 10);
  return packet;
}

/** An error packet of the server as an error like mysql2's: `errno` and the server's words. */
export function serverError(body: Buffer): Error {
  const errno = body.readUInt16LE(1);
  // The state is a `#` and five characters; servers leave it out before log-in.
  const from = body[3] === 0x23 ? 9 : 3;
  return Object.assign(new Error(body.toString('utf8', from)), { errno, code: '' });
}

/** A number of the protocol in one or more bytes. Column counts are below 2^16. */
function columnCount(body: Buffer): number {
  const first = body.readUInt8(0);
  if (first < 251) return first;
  if (first === 252) return body.readUInt16LE(1);
  throw new RangeError('an answer that is no result');
}

/**
 * Takes the packets ahead of the rows: the number of columns, their definitions, and the end mark after them.
 * Servers without that mark are understood too, for a row never looks like one.
 */
export class ResultHead {
  readonly columns: (WireColumn | null)[] = [];
  #count = -1;

  /**
   * @param body a packet without its header.
   * @returns `taken`; `rows`: the packet belongs to the head, and rows follow; `row`: the packet belongs to the rows.
   * @throws the server's error; RangeError when the answer is no result.
   */
  take(body: Buffer): 'taken' | 'rows' | 'row' {
    if (body.length > 0 && body[0] === ERROR_MARK) throw serverError(body);
    if (this.#count < 0) {
      this.#count = columnCount(body);
      if (this.#count === 0) throw new RangeError('an answer without columns');
      return 'taken';
    }
    if (this.columns.length < this.#count) {
      const tail = body.length - DEFINITION_TAIL_BYTES;
      if (tail < 0 || body[tail] !== DEFINITION_TAIL_BYTES - 1)
        throw new RangeError('a column definition of another form');
      this.columns.push(wireColumnOf(body.readUInt8(tail + TYPE_AT), body.readUInt16LE(tail + FLAGS_AT)));
      return 'taken';
    }
    return body[0] === END_MARK && body.length < END_BYTES_MAX && this.#isOpen() ? 'rows' : 'row';
  }

  #isEnded = false;
  /** True once: the second end mark ends the rows of an empty result. */
  #isOpen(): boolean {
    const isOpen = !this.#isEnded;
    this.#isEnded = true;
    return isOpen;
  }
}
