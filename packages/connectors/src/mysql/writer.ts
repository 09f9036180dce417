import type { SliceWriter } from '@sluice/core/connector/contract';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { CheckpointTable } from './checkpoint-table.ts';
import type { Encoder } from './encode.ts';
import { isConnectionLost } from './errors.ts';
import type { Session } from './session.ts';

/**
 * One INSERT statement takes about this much. Measured on MariaDB with 3 and 60 columns: statements of 64 KB to 1 MB and
 * prepared ones of 1,000 rows differ by less than the noise, and small ones need the least memory on both sides.
 */
const STATEMENT_BYTES_TARGET = 256 * 1024;
/** The statement's header and the server's own slack. */
const PACKET_RESERVE_BYTES = 1024;
/**
 * Warnings and notes that mean that a value was changed on its way in. Strict mode turns most of these into errors, but
 * a decimal that loses digits, blanks cut from the end of a text and a number read from half a text stay notes.
 */
const valueChanged = new Set([1263, 1264, 1265, 1292, 1365, 1366, 1406, 1411, 1441]);

export interface WriterParts {
  readonly session: Session;
  readonly checkpoints: CheckpointTable;
  readonly sliceNo: number;
  readonly resumed: Checkpoint | null;
  /** `database.table`, for people. */
  readonly target: string;
  /** `INSERT INTO … VALUES `. */
  readonly insertHead: string;
  /** One per column, in order. */
  readonly encoders: readonly Encoder[];
}

/**
 * Writes one slice: rows as multi-row INSERTs, one statement on its way while the next is being made, and the checkpoint
 * in the same transaction.
 */
export class MysqlSliceWriter implements SliceWriter {
  readonly resumed: Checkpoint | null;
  readonly #parts: WriterParts;
  #sequence: number;
  #rows: string[] = [];
  /** Bytes of `#rows`. */
  #rowBytes = 0;
  #bytesWritten = 0;
  #inFlight: Promise<void> | null = null;
  /** The first error: after it nothing is written any more, for the transaction is gone. */
  #failure: unknown = null;
  #isClosed = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.resumed = parts.resumed;
    this.#sequence = parts.resumed?.sequence ?? 0;
  }

  async write(batch: Batch): Promise<void> {
    this.#assertUsable();
    if (batch.form !== 'rows')
      throw new SluiceError('Cdm.0234', { cause: `rows in form ${batch.form} cannot be written` });
    const { encoders } = this.#parts;
    try {
      for (const row of batch.rows) {
        let text = '(';
        for (let i = 0; i < encoders.length; i++) {
          if (i > 0) text += ',';
          text += (encoders[i] as Encoder)(row[i] ?? null);
        }
        text += ')';
        const bytes = Buffer.byteLength(text) + 1;
        this.#rows.push(text);
        this.#rowBytes += bytes;
        this.#bytesWritten += bytes;
        if (this.#rowBytes >= STATEMENT_BYTES_TARGET) await this.#send();
      }
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  async commit(counts: SliceCounts, position: Position | null, isComplete: boolean): Promise<Checkpoint> {
    this.#assertUsable();
    const { session, checkpoints, sliceNo, target } = this.#parts;
    const checkpoint: Checkpoint = { sequence: this.#sequence + 1, position, counts, isComplete };
    try {
      await this.#send();
      await this.#settled();
      await checkpoints.write(session, sliceNo, checkpoint);
      await session.run('COMMIT', 'write', target);
    } catch (error) {
      throw await this.#fail(error);
    }
    this.#sequence = checkpoint.sequence;
    return checkpoint;
  }

  bytesWritten(): number {
    return this.#bytesWritten;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure ??= new Error('the writer is closed');
    // Without waiting for a statement under way: the server rolls back what it has when the socket ends.
    if (this.#inFlight !== null) this.#parts.session.destroy();
    else {
      await this.#rollBack();
      await this.#parts.session.close();
    }
  }

  #assertUsable(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Hands the collected rows over; waits only for the statement before. */
  async #send(): Promise<void> {
    await this.#settled();
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#rowBytes = 0;
    const inFlight = this.#insert(rows, 0, rows.length);
    this.#inFlight = inFlight;
    // The error is met by `#settled`; until then it must not count as unhandled.
    inFlight.catch(() => undefined);
  }

  async #settled(): Promise<void> {
    const inFlight = this.#inFlight;
    if (inFlight === null) return;
    try {
      await inFlight;
    } finally {
      this.#inFlight = null;
    }
  }

  async #insert(rows: readonly string[], from: number, to: number): Promise<void> {
    const { session, insertHead, target } = this.#parts;
    const sql = insertHead + rows.slice(from, to).join(',');
    const bytes = Buffer.byteLength(sql);
    const bytesMax = session.packetBytesMax - PACKET_RESERVE_BYTES;
    if (bytes > bytesMax) {
      if (to - from === 1) {
        throw new SluiceError('Cdm.0234', {
          cause: `a row takes ${bytes} bytes, the server's max_allowed_packet is ${session.packetBytesMax}`,
        });
      }
      const half = (from + to) >>> 1;
      await this.#insert(rows, from, half);
      await this.#insert(rows, half, to);
      return;
    }
    const { warningCount } = await session.run(sql, 'write', target);
    if (warningCount > 0) await this.#refuseChangedValues();
  }

  async #refuseChangedValues(): Promise<void> {
    const { session, target } = this.#parts;
    const warnings = await session.rows('SHOW WARNINGS', 'write', target);
    const change = warnings.find((row) => valueChanged.has(Number(row[1])));
    if (change !== undefined) throw new SluiceError('Cdm.0234', { cause: String(change[2]) });
  }

  /** Rolls back, finds out whether somebody else has taken the slice, and remembers what to say from now on. */
  async #fail(error: unknown): Promise<unknown> {
    const { session, checkpoints, sliceNo } = this.#parts;
    let said = error;
    if (this.#inFlight !== null) await this.#inFlight.catch(() => undefined);
    this.#inFlight = null;
    if (!(error instanceof Fenced) && !isConnectionLost(error)) {
      await this.#rollBack();
      // A clash with rows of the writer that replaced us is not the data's fault.
      try {
        const now = await checkpoints.read(session, sliceNo);
        if ((now?.sequence ?? 0) !== this.#sequence) said = new Fenced(`slice ${sliceNo}`);
      } catch (second) {
        if (second instanceof Fenced) said = second;
      }
    }
    await this.#rollBack();
    this.#failure = said;
    return said;
  }

  async #rollBack(): Promise<void> {
    try {
      await this.#parts.session.run('ROLLBACK', 'write', this.#parts.target);
    } catch {
      // The session is gone, and with it the transaction: the server rolls back when it notices.
      this.#parts.session.destroy();
    }
  }
}
