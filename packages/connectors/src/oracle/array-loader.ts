import type { Batch, RowBatch, Value } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { BatchError, BindValue } from './driver.ts';
import type { WrittenColumn } from './encode.ts';
import { isRowRefused, oracleError } from './errors.ts';
import { writeLimits } from './limits.ts';
import { quoteName } from './names.ts';
import type { ArrayOutcome, Session } from './session.ts';

export interface ArrayParts {
  readonly session: Session;
  /** `owner.table`, for people. */
  readonly target: string;
  readonly quotedTable: string;
  /** By position of the source's columns. */
  readonly columns: readonly WrittenColumn[];
}

/** Bytes that a value counts which is neither text nor bytes. */
const NUMBER_BYTES = 8;

/** Rows as arrays of one INSERT: one array is on its way while the next is being made. */
export class ArrayLoader {
  readonly #parts: ArrayParts;
  readonly #sql: string;
  /** Positions of the source's columns in the order of the statement: large values come last, as the server wants them. */
  readonly #order: readonly number[];
  #rows: BindValue[][] = [];
  #rowBytes = 0;
  #bytesWritten = 0;
  #inFlight: Promise<void> | null = null;

  constructor(parts: ArrayParts) {
    this.#parts = parts;
    const rankOf = (at: number) => parts.columns[at]?.rank ?? 0;
    this.#order = parts.columns.map((_, at) => at).sort((a, b) => rankOf(a) - rankOf(b) || a - b);
    const ordered = this.#columns();
    const names = ordered.map(({ name }) => quoteName(name)).join(', ');
    const places = ordered.map((column, at) => column.place(`:${at + 1}`)).join(', ');
    this.#sql = `INSERT INTO ${parts.quotedTable} (${names}) VALUES (${places})`;
  }

  #columns(): WrittenColumn[] {
    return this.#order.map((at) => this.#parts.columns[at]).filter((column) => column !== undefined);
  }

  /** Resolves when there is room for the next batch. */
  async take(batch: Batch): Promise<void> {
    if (batch.form !== 'rows')
      throw new SluiceError('Cdm.0234', { cause: `rows in form ${batch.form} cannot be written as arrays` });
    for (const row of batch.rows) {
      this.#collect(this.#encode(row));
      if (this.#isFull()) await this.#send();
    }
  }

  /** Has the server take each row or refuse it. @returns the rows that were refused. */
  async sift(batch: RowBatch): Promise<readonly Reject[]> {
    const rejects: Reject[] = [];
    let waiting: (readonly Value[])[] = [];
    for (const values of batch.rows) {
      try {
        this.#collect(this.#encode(values));
        waiting.push(values);
      } catch (error) {
        // The encoder's own refusal.
        if (!(error instanceof SluiceError)) throw error;
        rejects.push({ values, code: error.code, facts: error.facts });
      }
      if (this.#isFull()) {
        await this.#siftPart(waiting, rejects);
        waiting = [];
      }
    }
    if (waiting.length > 0) await this.#siftPart(waiting, rejects);
    return rejects;
  }

  /** One array in which the server leaves out what it refuses, and writes all else. */
  async #siftPart(values: readonly (readonly Value[])[], rejects: Reject[]): Promise<void> {
    const { rowsAffected, refused } = await this.#insert(this.#drainRows(), true);
    for (const error of refused) rejects.push(this.#rejectOf(error, values));
    if (rowsAffected + refused.length !== values.length)
      throw new SluiceError('Cdm.0234', {
        cause: `of ${values.length} rows ${rowsAffected} were written and ${refused.length} refused`,
      });
  }

  #rejectOf(error: BatchError, values: readonly (readonly Value[])[]): Reject {
    const native = error instanceof Error ? error : new Error(error.message);
    const told = oracleError(native, 'write', this.#parts.target);
    // A tablespace that is full, a right that is missing: no row's fault.
    if (!isRowRefused(told)) throw told;
    return { values: values[error.offset] ?? [], code: told.code, facts: told.facts };
  }

  /** Resolves when the server has accepted all that was taken. */
  async settle(): Promise<void> {
    await this.#send();
    await this.#answered();
  }

  /** Resolves when the server has answered all that was sent, well or not. Never throws. */
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

  #encode(row: readonly Value[]): BindValue[] {
    const { columns } = this.#parts;
    return this.#order.map((at) => columns[at]?.encode(row[at] ?? null) ?? null);
  }

  #collect(values: BindValue[]): void {
    let bytes = 0;
    for (const value of values) {
      if (value === null) bytes += 1;
      else bytes += typeof value === 'number' ? NUMBER_BYTES : value.length + 1;
    }
    this.#rows.push(values);
    this.#rowBytes += bytes;
    this.#bytesWritten += bytes;
  }

  #isFull(): boolean {
    return this.#rowBytes >= writeLimits.arrayBytes || this.#rows.length >= writeLimits.arrayRowsMax;
  }

  #drainRows(): readonly BindValue[][] {
    const rows = this.#rows;
    this.#rows = [];
    this.#rowBytes = 0;
    return rows;
  }

  /** Hands the collected rows over; waits only for the array before. */
  async #send(): Promise<void> {
    await this.#answered();
    if (this.#rows.length === 0) return;
    const rows = this.#drainRows();
    const inFlight = this.#insert(rows, false).then(({ rowsAffected }) => {
      if (rowsAffected === rows.length) return;
      throw new SluiceError('Cdm.0234', { cause: `of ${rows.length} rows ${rowsAffected} were written` });
    });
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

  #insert(rows: readonly BindValue[][], setsAside: boolean): Promise<ArrayOutcome> {
    const { session, target } = this.#parts;
    const definitions = this.#columns().map((column) => column.definition());
    return session.runMany(this.#sql, rows, definitions, setsAside, target);
  }
}
