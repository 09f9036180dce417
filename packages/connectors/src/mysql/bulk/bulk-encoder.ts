import type { BulkPacket } from './bulk-packet.ts';

/** Turns tuples of COPY BINARY into rows of bulk commands. */
export interface BulkEncoder {
  readonly name: 'WebAssembly' | 'TypeScript';
  /**
   * Memory for one more packet, where the encoder is fastest; undefined: any will do. It is given out once and stays the
   * packet's.
   */
  packetMemory(): Buffer | undefined;
  /**
   * Appends whole tuples to the packet until it is full or the bytes end. A tuple that would lead beyond the packet's limit
   * is left for the next packet, unless it is the first. The bytes must not change until all of them are taken.
   * @param gap bytes ahead of each tuple that are not its own.
   * @returns where the next tuple begins, its gap included.
   * @throws Cdm.0234 naming column and value when the destination cannot hold it; RangeError when the bytes are no tuples.
   */
  encode(bytes: Buffer, start: number, packet: BulkPacket, gap?: number): number;
}
