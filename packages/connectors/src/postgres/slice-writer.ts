import type { SliceWriter } from '@sluice/core/connector/contract';
import type { Batch, Position, RowBatch, Value, WireForm } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { type Refusal, siftRows } from '../jdbc/sift-rows.ts';
import { copyBinaryHeader, copyBinaryTrailer, joinMessages } from './binary-tuples.ts';
import type { TableName } from './catalog.ts';
import { readCheckpoints, storeCheckpoint } from './checkpoint-table.ts';
import { encodersOf, type WrittenColumn } from './encode.ts';
import { refusedLine, rowRefusal, translateError } from './errors.ts';
import { HEADER_BYTES } from './frames.ts';
import { quoteName, quoteTable } from './quote.ts';
import { ServerError } from './server-error.ts';
import type { CopyIn, PgSession } from './session.ts';
import { encodeRows } from './text-rows.ts';

/**
 * Rows of at least this many bytes go on in the messages they came in. A message costs the destination more than it costs us
 * to move a shorter row out of it.
 */
const FORWARDED_ROW_BYTES_MIN = 256;
/** Around a part that may be refused; what was written ahead of it stays. */
const PART = 'sluice_part';

/** Rows of a commit that are collected in a table of the session's own and merged from there. */
export interface Segment {
  /** Quoted; empty at the beginning of each transaction. */
  readonly table: string;
  /** Statements that bring its rows into the destination. */
  readonly merge: readonly string[];
  /** A clash with a row of another session passes: the next attempt sees that row. */
  readonly mayClashForNow: boolean;
}

export interface WriterTarget {
  readonly table: TableName;
  readonly columns: readonly WrittenColumn[];
  readonly form: WireForm;
  readonly checkpoints: TableName;
  /** null: rows go straight into the table. */
  readonly segment: Segment | null;
}

/** The COPY that rows are written by. @param into quoted. */
export function copyInSql(into: string, columnNames: readonly string[], form: WireForm): string {
  const format = form === 'pgcopy-binary' ? ' (FORMAT binary)' : '';
  return `COPY ${into} (${columnNames.map(quoteName).join(', ')}) FROM STDIN${format}`;
}

/**
 * Writes one slice by COPY FROM STDIN, one transaction per commit: rows, then the checkpoint, then COMMIT.
 * The transaction begins with the first batch behind a commit, so a writer that waits for its source locks nothing.
 */
export class PgSliceWriter implements SliceWriter {
  readonly resumed: Checkpoint | null;
  readonly #session: PgSession;
  readonly #target: WriterTarget;
  readonly #sliceNo: number;
  readonly #copySql: string;
  readonly #encode: (rows: readonly (readonly Value[])[]) => Buffer;
  readonly #release: () => void;
  #sequence: number;
  #copy: CopyIn | null = null;
  /** A transaction is open without a COPY under way. */
  #isSifting = false;
  #bytes = 0;

  constructor(
    session: PgSession,
    target: WriterTarget,
    sliceNo: number,
    resumed: Checkpoint | null,
    release: () => void,
  ) {
    this.#session = session;
    this.#target = target;
    this.#sliceNo = sliceNo;
    this.resumed = resumed;
    this.#sequence = resumed?.sequence ?? 0;
    this.#release = release;
    const names = target.columns.map((column) => column.name);
    this.#copySql = copyInSql(target.segment?.table ?? quoteTable(target.table), names, target.form);
    const encoders = encodersOf(target.columns);
    this.#encode = (rows) => Buffer.from(encodeRows(rows, encoders), 'utf8');
  }

  async write(batch: Batch): Promise<void> {
    if (batch.form !== this.#target.form)
      throw new Error(`a batch in form ${batch.form} for a target in form ${this.#target.form}`);
    try {
      const copy = this.#copy ?? (await this.#begin());
      if (batch.form === 'pgcopy-binary' && batch.framing === 'copy-data') {
        const isShort = batch.bytes.byteLength < batch.rowCount * FORWARDED_ROW_BYTES_MIN;
        await copy.forward(isShort ? joinMessages(batch.bytes) : batch.bytes);
        this.#bytes += batch.bytes.byteLength - batch.rowCount * HEADER_BYTES;
        return;
      }
      const bytes = batch.form === 'rows' ? this.#encode(batch.rows) : batch.bytes;
      await copy.write(bytes);
      this.#bytes += bytes.byteLength;
    } catch (error) {
      throw await this.#failure(error);
    }
  }

  async sift(batch: RowBatch): Promise<readonly Reject[]> {
    const { rows } = batch;
    const rejects: Reject[] = [];
    try {
      if (!this.#isSifting) {
        // Checks that wait for the commit would refuse all of it, without a word on which row.
        await this.#session.query('BEGIN; SET CONSTRAINTS ALL IMMEDIATE');
        this.#isSifting = true;
      }
      await siftRows(
        rows.length,
        rows.length,
        (from, to) => this.#writePart(rows.slice(from, to)),
        (row, { code, facts }) => rejects.push({ values: rows[row] ?? [], code, facts }),
      );
    } catch (error) {
      throw await this.#failure(error);
    }
    return rejects;
  }

  /** One COPY between savepoints; where its rows are collected first, they are merged at once. */
  async #writePart(rows: readonly (readonly Value[])[]): Promise<Refusal | null> {
    const session = this.#session;
    let bytes: Buffer;
    try {
      bytes = this.#encode(rows);
    } catch (error) {
      // The encoder's own refusal of a value.
      if (!(error instanceof SluiceError)) throw error;
      return { error, row: null };
    }
    const copy = await session.copyIn(`SAVEPOINT ${PART}; ${this.#copySql}`);
    try {
      await copy.write(bytes);
      await copy.end();
      const { segment } = this.#target;
      if (segment !== null) {
        for (const sql of segment.merge) await session.query(sql);
        await session.query(`DELETE FROM ${segment.table}`);
      }
    } catch (error) {
      const refusal = rowRefusal(error, this.#tableText());
      // A clash that passes is no fault of the row: the attempt is begun again.
      const isPassing = rows.length === 1 && this.#mayPass(error);
      if (refusal === null || isPassing) throw error;
      await session.query(`ROLLBACK TO SAVEPOINT ${PART}; RELEASE SAVEPOINT ${PART}`);
      return { error: refusal, row: refusedLine(error) };
    }
    await session.query(`RELEASE SAVEPOINT ${PART}`);
    this.#bytes += bytes.byteLength;
    return null;
  }

  async commit(counts: SliceCounts, position: Position | null, isComplete: boolean): Promise<Checkpoint> {
    const checkpoint: Checkpoint = { sequence: this.#sequence + 1, position, counts, isComplete };
    try {
      if (this.#copy !== null && this.#target.form === 'pgcopy-binary')
        await this.#copy.write(copyBinaryTrailer);
      // Sent in one go. Whatever fails on the way aborts the transaction, and COMMIT then rolls back what is left of it.
      const isEmpty = this.#copy === null;
      const rows = this.#copy === null ? this.#beginEmpty() : this.#copy.end();
      const merged = (isEmpty ? [] : (this.#target.segment?.merge ?? [])).map((sql) =>
        this.#session.query(sql),
      );
      const stored = storeCheckpoint(this.#session, this.#target.checkpoints, this.#sliceNo, checkpoint);
      // When the answer to this is lost, nobody here knows whether it is durable: the next writer reads it from the table.
      const committed = this.#session.query('COMMIT');
      this.#copy = null;
      this.#isSifting = false;
      const outcomes = await Promise.allSettled([rows, ...merged, stored, committed]);
      // The first failure is the cause of those behind it.
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      const { tag } = await committed;
      if (tag !== 'COMMIT') throw new Error(`COMMIT was answered with ${tag}`);
    } catch (error) {
      throw await this.#failure(error);
    }
    this.#sequence = checkpoint.sequence;
    return checkpoint;
  }

  bytesWritten(): number {
    return this.#bytes;
  }

  async close(): Promise<void> {
    this.#copy = null;
    this.#release();
  }

  async #begin(): Promise<CopyIn> {
    const copy = await this.#session.copyIn(`BEGIN; ${this.#copySql}`);
    if (this.#target.form === 'pgcopy-binary') await copy.write(copyBinaryHeader);
    this.#copy = copy;
    return copy;
  }

  /** The transaction of a commit ahead of which nothing was copied in one go. */
  async #beginEmpty(): Promise<void> {
    if (!this.#isSifting) await this.#session.query('BEGIN');
  }

  /** A clash with a row that another session wrote just now: the next attempt sees it. */
  #mayPass(error: unknown): boolean {
    const { segment } = this.#target;
    return segment?.mayClashForNow === true && error instanceof ServerError && error.sqlState === '23505';
  }

  #tableText(): string {
    return `${this.#target.table.schema}.${this.#target.table.table}`;
  }

  /**
   * What to report for an error. Rows of a writer that was replaced clash with those of its successor before it ever gets
   * to its checkpoint: then it was fenced, and the clash is no fault of the data.
   */
  async #failure(error: unknown): Promise<unknown> {
    this.#copy = null;
    this.#isSifting = false;
    if (error instanceof Fenced) {
      await this.#rollBack();
      return error;
    }
    const isClash = error instanceof ServerError && /^(23|40)/.test(error.sqlState);
    if (isClash && (await this.#rollBack()) && (await this.#isReplaced()))
      return new Fenced(`slice ${this.#sliceNo}`);
    const told = translateError(error, 'load', this.#tableText());
    if (isClash && this.#target.segment?.mayClashForNow === true && told instanceof SluiceError)
      return new SluiceError(told.code, told.facts, { cause: error, retry: true });
    return told;
  }

  /** @returns false when the session is gone, and the transaction with it. */
  async #rollBack(): Promise<boolean> {
    if (this.#session.lost() !== null) return false;
    try {
      await this.#session.query('ROLLBACK');
      return true;
    } catch (error) {
      if (this.#session.lost() !== null) return false;
      throw error;
    }
  }

  async #isReplaced(): Promise<boolean> {
    try {
      const found = (await readCheckpoints(this.#session, this.#target.checkpoints, this.#sliceNo)).get(
        this.#sliceNo,
      );
      return (found?.sequence ?? 0) !== this.#sequence;
    } catch (error) {
      // The answer decides only how the failure is named; the failure itself is reported by the caller.
      return error instanceof Fenced;
    }
  }
}
