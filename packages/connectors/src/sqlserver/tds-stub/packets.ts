import type { Duplex } from 'node:stream';

/** Kinds of messages (MS-TDS 2.2.3.1.1). */
export const messageTypes = {
  batch: 0x01,
  rpc: 0x03,
  response: 0x04,
  attention: 0x06,
  bulk: 0x07,
  transaction: 0x0e,
  login: 0x10,
  preLogin: 0x12,
} as const;

const HEADER_BYTES = 8;
const END_OF_MESSAGE = 0x01;
const IGNORE = 0x02;
const PACKET_BYTES = 4_096;

export interface Message {
  readonly type: number;
  readonly payload: Buffer;
  /** Its sender gave it up before its end. */
  readonly isIgnored: boolean;
}

/** Puts packets together into messages. */
export class MessageReader {
  #waiting: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];

  /** @returns the messages that end with this chunk. */
  take(chunk: Buffer): readonly Message[] {
    this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    const messages: Message[] = [];
    while (this.#waiting.length >= HEADER_BYTES) {
      const length = this.#waiting.readUInt16BE(2);
      if (this.#waiting.length < length) break;
      const type = this.#waiting.readUInt8(0);
      const status = this.#waiting.readUInt8(1);
      this.#parts.push(this.#waiting.subarray(HEADER_BYTES, length));
      this.#waiting = this.#waiting.subarray(length);
      if ((status & END_OF_MESSAGE) === 0) continue;
      const payload = Buffer.concat(this.#parts);
      this.#parts = [];
      messages.push({ type, payload, isIgnored: (status & IGNORE) !== 0 });
    }
    return messages;
  }
}

/** One message of the server, written packet by packet; waits while its reader takes nothing. */
export class MessageWriter {
  readonly #stream: Duplex;
  readonly #type: number;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #no = 0;

  constructor(stream: Duplex, type: number = messageTypes.response) {
    this.#stream = stream;
    this.#type = type;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    const room = PACKET_BYTES - HEADER_BYTES;
    if (this.#bytes < 64 * room) return;
    let rest = Buffer.concat(this.#waiting);
    const packets: Buffer[] = [];
    for (; rest.length > room; rest = rest.subarray(room))
      packets.push(this.#packet(rest.subarray(0, room), 0));
    this.#waiting = [rest];
    this.#bytes = rest.length;
    if (this.#stream.write(Buffer.concat(packets))) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#stream.removeListener('drain', go);
        this.#stream.removeListener('close', go);
        resolve();
      };
      this.#stream.on('drain', go);
      this.#stream.on('close', go);
    });
  }

  end(last: Buffer = Buffer.alloc(0)): void {
    const room = PACKET_BYTES - HEADER_BYTES;
    let rest = Buffer.concat([...this.#waiting, last]);
    const packets: Buffer[] = [];
    for (; rest.length > room; rest = rest.subarray(room))
      packets.push(this.#packet(rest.subarray(0, room), 0));
    packets.push(this.#packet(rest, END_OF_MESSAGE));
    this.#stream.write(Buffer.concat(packets));
  }

  #packet(payload: Buffer, status: number): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(this.#type, 0);
    header.writeUInt8(status, 1);
    header.writeUInt16BE(payload.length + HEADER_BYTES, 2);
    this.#no = (this.#no + 1) % 256;
    header.writeUInt8(this.#no, 6);
    return Buffer.concat([header, payload]);
  }
}

/** Reads fields one behind the other, little end first. */
export class FieldReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get hasMore(): boolean {
    return this.at < this.bytes.length;
  }

  uint(byteCount: number): number {
    const value = this.bytes.readUIntLE(this.at, byteCount);
    this.at += byteCount;
    return value;
  }

  int(byteCount: number): number {
    const value = this.bytes.readIntLE(this.at, byteCount);
    this.at += byteCount;
    return value;
  }

  take(byteCount: number): Buffer {
    if (this.at + byteCount > this.bytes.length) throw new RangeError('a message ends within a field');
    const part = this.bytes.subarray(this.at, this.at + byteCount);
    this.at += byteCount;
    return part;
  }

  /** A text behind the number of its units. */
  text(lengthBytes: 1 | 2): string {
    return this.take(this.uint(lengthBytes) * 2).toString('utf16le');
  }
}
