import type { Batch } from '@sluice/core/data/batch';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type InsertWords, plainInsert, rowInsertSql } from '../conflicts.ts';
import type { Loader } from '../loader.ts';
import type { Session } from '../session.ts';
import { BulkChannel } from './bulk-channel.ts';
import type { BulkEncoder } from './bulk-encoder.ts';
import { BulkPacket } from './bulk-packet.ts';
import type { Kernel } from './kernels.ts';
import {
  COPY_DATA_HEADER_BYTES,
  PACKET_BYTES_TARGET,
  PACKET_RESERVE_BYTES,
  PACKETS_IN_FLIGHT_MAX,
} from './limits.ts';
import type { OpenEncoder } from './open-encoder.ts';

export interface BulkParts {
  /** Of the role `bulk`. */
  readonly session: Session;
  /** `database.table`, for people. */
  readonly target: string;
  /** The same, quoted. */
  readonly quotedTable: string;
  /** One per column, in order. */
  readonly kernels: readonly Kernel[];
  readonly silenceTimeoutMs: number;
  /** What turns tuples into bulk commands. */
  readonly openEncoder: OpenEncoder;
  /** Absent: a plain INSERT. */
  readonly words?: InsertWords;
}

/**
 * Tuples of COPY BINARY as MariaDB's bulk command: a prepared INSERT, and packets of many rows whose values are in the
 * binary form of both sides. The server parses no text and no SQL.
 */
export class BulkLoader implements Loader {
  readonly #channel: BulkChannel;
  readonly #encoder: BulkEncoder;
  readonly #newPacket: () => BulkPacket;
  readonly #inFlight: { readonly packet: BulkPacket; readonly answer: Promise<void> }[] = [];
  readonly #free: BulkPacket[] = [];
  #packet: BulkPacket;
  #bytesWritten = 0;

  private constructor(parts: BulkParts, statementId: number) {
    const { session, target, kernels, silenceTimeoutMs, openEncoder, words } = parts;
    this.#channel = new BulkChannel(session, target, silenceTimeoutMs, words?.countsReplaced);
    const encoder = openEncoder(kernels);
    this.#encoder = encoder;
    this.#newPacket = () =>
      new BulkPacket(
        statementId,
        kernels,
        PACKET_BYTES_TARGET,
        Math.max(PACKET_RESERVE_BYTES, session.packetBytesMax - PACKET_RESERVE_BYTES),
        encoder.packetMemory(),
      );
    this.#packet = this.#newPacket();
  }

  /** Has the server prepare the statement. */
  static async open(parts: BulkParts): Promise<BulkLoader> {
    const { session, target, quotedTable, kernels, silenceTimeoutMs, words = plainInsert } = parts;
    const names = kernels.map((kernel) => kernel.name);
    const sql = rowInsertSql(quotedTable, names, words);
    const statement = await session.prepare(sql, 'write', target, silenceTimeoutMs);
    return new BulkLoader(parts, statement.id);
  }

  async take(batch: Batch): Promise<void> {
    if (batch.form !== 'pgcopy-binary')
      throw new SluiceError('Cdm.0234', { cause: `rows in form ${batch.form} cannot be written in bulk` });
    const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    const gap = batch.framing === 'copy-data' ? COPY_DATA_HEADER_BYTES : 0;
    let rowsLeft = batch.rowCount;
    for (let at = 0; at < bytes.length; ) {
      const before = this.#packet.rowCount;
      at = this.#encoder.encode(bytes, at, this.#packet, gap);
      rowsLeft -= this.#packet.rowCount - before;
      if (this.#packet.size >= this.#packet.bytesTarget) await this.#send();
    }
    // The counts of the checkpoint rest on the source's word.
    if (rowsLeft !== 0) throw new RangeError(`a batch of ${batch.rowCount} rows has ${rowsLeft} too few`);
  }

  async settle(): Promise<void> {
    if (this.#packet.rowCount > 0) await this.#send();
    while (this.#inFlight.length > 0) await this.#oldest();
  }

  async drain(): Promise<void> {
    await Promise.allSettled(this.#inFlight.map(({ answer }) => answer));
    this.#inFlight.length = 0;
  }

  isBusy(): boolean {
    return this.#channel.isBusy();
  }

  bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Sends what is collected, once there is room on the way, and takes another packet to fill. */
  async #send(): Promise<void> {
    while (this.#inFlight.length >= PACKETS_IN_FLIGHT_MAX) await this.#oldest();
    const packet = this.#packet;
    this.#bytesWritten += packet.size;
    const answer = this.#channel.send(packet);
    // The error is met by `#oldest`; until then it must not count as unhandled.
    answer.catch(() => undefined);
    this.#inFlight.push({ packet, answer });
    this.#packet = this.#free.pop() ?? this.#newPacket();
  }

  async #oldest(): Promise<void> {
    const oldest = this.#inFlight.shift();
    if (oldest === undefined) return;
    await oldest.answer;
    oldest.packet.reset();
    this.#free.push(oldest.packet);
  }
}
