import type { Batch, RowBatch, Value } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type Refusal, siftRows } from '../jdbc/sift-rows.ts';
import { refuseChange } from './changed-values.ts';
import type { Encoder } from './encode.ts';
import { isRowRefused, refusedRow } from './errors.ts';
import type { Loader } from './loader.ts';
import type { Session } from './session.ts';

/**
 * One INSERT statement takes about this much. Measured on MariaDB with 3 and 60 columns: statements of 64 KB to 1 MB and
 * prepared ones of 1,000 rows differ by less than the noise, and small ones need the least memory on both sides.
 */
const STATEMENT_BYTES_TARGET = 256 * 1024;
/** The statement's header and the server's own slack. */
const PACKET_RESERVE_BYTES = 1024;
/** Around a statement that may be refused; what was written ahead of it stays. */
const PART = 'sluice_part';

export interface InsertParts {
  readonly session: Session;
  /** `database.table`, for people. */
  readonly target: string;
  /** `INSERT INTO … VALUES `. */
  readonly insertHead: string;
  /** What stands behind the last row; absent: nothing. */
  readonly insertTail?: string;
  /** One per column, in order. */
  readonly encoders: readonly Encoder[];
  /** The table's engine takes back a statement that failed. Without that a statement holds one row where rows are sifted. */
  readonly isTransactional: boolean;
}

/** A row as the text of its literals. */
interface EncodedRow {
  readonly values: readonly Value[];
  readonly text: string;
}

/** Rows as multi-row INSERTs: one statement is on its way while the next is being made. */
export class InsertLoader implements Loader {
  readonly #parts: InsertParts;
  #rows: string[] = [];
  /** Bytes of `#rows`. */
  #rowBytes = 0;
  #bytesWritten = 0;
  #inFlight: Promise<void> | null = null;

  constructor(parts: InsertParts) {
    this.#parts = parts;
  }

  async take(batch: Batch): Promise<void> {
    if (batch.form !== 'rows')
      throw new SluiceError('Cdm.0234', {
        cause: `rows in form ${batch.form} cannot be written as statements`,
      });
    for (const row of batch.rows) {
      const text = this.#encode(row);
      const bytes = Buffer.byteLength(text) + 1;
      this.#rows.push(text);
      this.#rowBytes += bytes;
      this.#bytesWritten += bytes;
      if (this.#rowBytes >= STATEMENT_BYTES_TARGET) await this.#send();
    }
  }

  async sift(batch: RowBatch): Promise<readonly Reject[]> {
    const rejects: Reject[] = [];
    let waiting: EncodedRow[] = [];
    let bytes = 0;
    for (const values of batch.rows) {
      try {
        const text = this.#encode(values);
        waiting.push({ values, text });
        bytes += Buffer.byteLength(text) + 1;
      } catch (error) {
        // The encoder's own refusal.
        if (!(error instanceof SluiceError)) throw error;
        rejects.push({ values, code: error.code, facts: error.facts });
      }
      if (bytes >= STATEMENT_BYTES_TARGET) {
        await this.#siftPart(waiting, rejects);
        waiting = [];
        bytes = 0;
      }
    }
    if (waiting.length > 0) await this.#siftPart(waiting, rejects);
    return rejects;
  }

  async #siftPart(rows: readonly EncodedRow[], rejects: Reject[]): Promise<void> {
    await siftRows(
      rows.length,
      this.#parts.isTransactional ? rows.length : 1,
      (from, to) => this.#tryInsert(rows.slice(from, to)),
      (row, { code, facts }) => rejects.push({ values: rows[row]?.values ?? [], code, facts }),
    );
  }

  /** One statement, taken back when it changed a value on its way. */
  async #tryInsert(rows: readonly EncodedRow[]): Promise<Refusal | null> {
    const { session, insertHead, insertTail = '', target, isTransactional } = this.#parts;
    const sql = insertHead + rows.map(({ text }) => text).join(',') + insertTail;
    const bytes = Buffer.byteLength(sql);
    if (bytes > session.packetBytesMax - PACKET_RESERVE_BYTES)
      return { error: tooLong(bytes, session.packetBytesMax), row: null };
    if (isTransactional) await session.run(`SAVEPOINT ${PART}`, 'write', target);
    let warningCount: number;
    try {
      ({ warningCount } = await session.run(sql, 'write', target));
    } catch (error) {
      if (!(error instanceof SluiceError) || !isRowRefused(error)) throw error;
      return { error, row: refusedRow(error) };
    }
    if (warningCount > 0) {
      const warnings = await session.rows('SHOW WARNINGS', 'write', target);
      try {
        for (const [, code, message] of warnings) refuseChange(Number(code), String(message));
      } catch (error) {
        // What cannot be taken back is there as it was changed: nobody may say that the row was set aside.
        if (!(error instanceof SluiceError) || !isTransactional) throw error;
        await session.run(`ROLLBACK TO SAVEPOINT ${PART}`, 'write', target);
        return { error, row: refusedRow(error) };
      }
    }
    this.#bytesWritten += bytes;
    return null;
  }

  #encode(row: readonly Value[]): string {
    const { encoders } = this.#parts;
    let text = '(';
    for (let i = 0; i < encoders.length; i++) {
      if (i > 0) text += ',';
      text += (encoders[i] as Encoder)(row[i] ?? null);
    }
    return `${text})`;
  }

  async settle(): Promise<void> {
    await this.#send();
    await this.#answered();
  }

  async drain(): Promise<void> {
    await this.#inFlight?.catch(() => undefined);
    this.#inFlight = null;
  }

  isBusy(): boolean {
    return this.#inFlight !== null;
  }

  bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Hands the collected rows over; waits only for the statement before. */
  async #send(): Promise<void> {
    await this.#answered();
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#rowBytes = 0;
    const inFlight = this.#insert(rows, 0, rows.length);
    this.#inFlight = inFlight;
    // The error is met by `#answered`; until then it must not count as unhandled.
    inFlight.catch(() => undefined);
  }

  async #answered(): Promise<void> {
    const inFlight = this.#inFlight;
    if (inFlight === null) return;
    try {
      await inFlight;
    } finally {
      this.#inFlight = null;
    }
  }

  async #insert(rows: readonly string[], from: number, to: number): Promise<void> {
    const { session, insertHead, insertTail = '', target } = this.#parts;
    const sql = insertHead + rows.slice(from, to).join(',') + insertTail;
    const bytes = Buffer.byteLength(sql);
    const bytesMax = session.packetBytesMax - PACKET_RESERVE_BYTES;
    if (bytes > bytesMax) {
      if (to - from === 1) {
        throw tooLong(bytes, session.packetBytesMax);
      }
      const half = (from + to) >>> 1;
      await this.#insert(rows, from, half);
      await this.#insert(rows, half, to);
      return;
    }
    const { warningCount } = await session.run(sql, 'write', target);
    if (warningCount === 0) return;
    for (const [, code, message] of await session.rows('SHOW WARNINGS', 'write', target))
      refuseChange(Number(code), String(message));
  }
}

function tooLong(bytes: number, bytesMax: number): SluiceError {
  const cause = `a row takes ${bytes} bytes, the server's max_allowed_packet is ${bytesMax}`;
  return new SluiceError('Cdm.0234', { cause });
}
