import type { Kernel } from './kernels.ts';

const HEADER_BYTES = 4;
const COM_STMT_BULK_EXECUTE = 0xfa;
/** The types of the parameters stand ahead of the rows. */
const SEND_TYPES = 128;
const UNSIGNED = 0x80;
/** A packet is full at the target; the row that fills it goes beyond. */
const SLACK_BYTES = 64 * 1024;

/** What a packet of that target needs for rows of usual size. */
export function packetBytes(bytesTarget: number): number {
  return bytesTarget + SLACK_BYTES;
}

/** One bulk command in the making: head, then rows. Its memory is used again and again, and grows for a large row. */
export class BulkPacket {
  bytes: Buffer;
  /** Bytes in use. */
  size: number;
  rowCount = 0;
  /** Full when it has so many bytes. */
  bytesTarget: number;
  /** Never more, whatever comes. */
  readonly bytesMax: number;
  readonly #bytesTarget: number;
  readonly #headBytes: number;
  /** Where it returns to after a row too large for it. */
  readonly #home: Buffer;

  /**
   * @param bytesMax the server's limit on one command.
   * @param memory to be made in, of at least `packetBytes`.
   */
  constructor(
    statementId: number,
    kernels: readonly Kernel[],
    bytesTarget: number,
    bytesMax: number,
    memory: Buffer = Buffer.allocUnsafeSlow(packetBytes(bytesTarget)),
  ) {
    this.#bytesTarget = Math.min(bytesTarget, bytesMax);
    this.bytesTarget = this.#bytesTarget;
    this.bytesMax = bytesMax;
    this.bytes = memory;
    this.bytes[HEADER_BYTES] = COM_STMT_BULK_EXECUTE;
    let at = this.bytes.writeUInt32LE(statementId, HEADER_BYTES + 1);
    at = this.bytes.writeUInt16LE(SEND_TYPES, at);
    this.#reserveAt(at, kernels.length * 2);
    for (const kernel of kernels) {
      this.bytes[at++] = kernel.fieldType;
      this.bytes[at++] = kernel.isUnsigned ? UNSIGNED : 0;
    }
    this.#headBytes = at;
    this.size = at;
    this.#home = this.bytes;
  }

  /** Makes room for so many more bytes. */
  reserve(byteCount: number): void {
    if (this.size + byteCount > this.bytes.length) this.#reserveAt(this.size, byteCount);
  }

  #reserveAt(at: number, byteCount: number): void {
    if (at + byteCount <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(at + byteCount, Math.ceil(this.bytes.length * 1.5)));
    this.bytes.copy(larger, 0, 0, at);
    this.bytes = larger;
  }

  /** Empties it for the next rows. Memory that one large row needed is given back. */
  reset(): void {
    this.size = this.#headBytes;
    this.rowCount = 0;
    this.bytesTarget = this.#bytesTarget;
    // The head was written before, and has stayed.
    this.bytes = this.#home;
  }
}

/** A packet without a row is never full, or nobody could send a row that is larger than all packets. */
export function isFull(packet: BulkPacket): boolean {
  return packet.rowCount > 0 && packet.size >= packet.bytesTarget;
}
