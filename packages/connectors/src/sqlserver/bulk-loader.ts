import type { Batch, RowBatch } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type Refusal, siftRows } from '../jdbc/sift-rows.ts';
import type { Encoder } from './encode.ts';
import { isRowRefused } from './errors.ts';
import { BULK_BYTES_TARGET } from './limits.ts';
import { RowBuffer } from './row-buffer.ts';
import type { Session } from './session.ts';

/** A row's first byte in a bulk load. */
const ROW = 0xd1;
/** Around a part that may be refused; what was written ahead of it stays. */
const PART = 'sluice_part';
/** The transaction can go on. */
const COMMITTABLE = 1;

export interface BulkParts {
  readonly session: Session;
  /** `schema.table`, for people. */
  readonly target: string;
  readonly insertBulk: string;
  readonly columnMetadata: Buffer;
  /** One per column, in order. */
  readonly encoders: readonly Encoder[];
}

/**
 * Rows as bulk loads in the session's transaction: one is on its way while the next is being made. The bytes are ours from
 * the columns' description to the last value: tedious' own would bend decimals, moments and 64-bit numbers. It puts them into
 * packets, and the token that begins a row in front of them.
 */
export class BulkLoader {
  readonly #parts: BulkParts;
  readonly #rows = new RowBuffer();
  #rowCount = 0;
  #bytesWritten = 0;
  #inFlight: Promise<void> | null = null;

  constructor(parts: BulkParts) {
    this.#parts = parts;
  }

  /** Resolves when there is room for the next batch. */
  async take(batch: Batch): Promise<void> {
    if (batch.form !== 'rows')
      throw new SluiceError('Cdm.0234', { cause: `rows in form ${batch.form} cannot be loaded` });
    for (const row of batch.rows) {
      this.#encode(row);
      this.#rowCount += 1;
      if (this.#rows.size >= BULK_BYTES_TARGET) await this.#send();
    }
  }

  /** As `take`, but sets aside what is refused. Nothing is on its way when it resolves. */
  async sift(batch: RowBatch): Promise<readonly Reject[]> {
    await this.settle();
    const rejects: Reject[] = [];
    const ends: number[] = [];
    const kept: RowBatch['rows'][number][] = [];
    for (const values of batch.rows) {
      try {
        this.#encode(values);
        ends.push(this.#rows.size);
        kept.push(values);
      } catch (error) {
        // The encoder's own refusal.
        if (!(error instanceof SluiceError)) throw error;
        rejects.push({ values, code: error.code, facts: error.facts });
      }
    }
    const bytes = this.#rows.take();
    await siftRows(
      kept.length,
      kept.length,
      (from, to) => this.#tryLoad(bytes.subarray(ends[from - 1] ?? 0, ends[to - 1] ?? 0), to - from),
      (row, { code, facts }) => rejects.push({ values: kept[row] ?? [], code, facts }),
    );
    return rejects;
  }

  /** Hands over what was collected, and waits until the server has answered. */
  async settle(): Promise<void> {
    await this.#send();
    await this.#answered();
  }

  /** Waits for what is on its way, however it ends. */
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

  /** One row behind the others; nothing of it stays when a value is refused. */
  #encode(row: RowBatch['rows'][number]): void {
    const { encoders } = this.#parts;
    const rows = this.#rows;
    const begin = rows.size;
    try {
      rows.uint8(ROW);
      for (let i = 0; i < encoders.length; i++) (encoders[i] as Encoder)(row[i] ?? null, rows);
    } catch (error) {
      rows.truncate(begin);
      throw error;
    }
  }

  /** One load, taken back when a row of it is refused. */
  async #tryLoad(bytes: Buffer, rowCount: number): Promise<Refusal | null> {
    const { session, target } = this.#parts;
    await this.#begin();
    await session.savepoint(PART, target);
    try {
      await this.#load(bytes, rowCount);
      return null;
    } catch (error) {
      if (!(error instanceof SluiceError) || !isRowRefused(error)) throw error;
      const [state] = await session.rows('SELECT XACT_STATE() AS [state]', {}, 'write', target);
      // Some errors, and triggers, give up the whole transaction: then nobody may say that only this row was set aside.
      if (Number(state?.[0]) !== COMMITTABLE) throw error;
      await session.rollbackTo(PART, target);
      return { error, row: null };
    }
  }

  /** Hands the collected rows over; waits only for the load before. */
  async #send(): Promise<void> {
    await this.#answered();
    if (this.#rowCount === 0) return;
    const rowCount = this.#rowCount;
    const bytes = this.#rows.take();
    this.#rowCount = 0;
    const inFlight = this.#begin().then(() => this.#load(bytes, rowCount));
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

  async #begin(): Promise<void> {
    const { session, target } = this.#parts;
    if (!session.inTransaction()) await session.begin('READ COMMITTED', 'write', target);
  }

  /** @param bytes rows, each behind its token. */
  async #load(bytes: Buffer, rowCount: number): Promise<void> {
    const { session, target, insertBulk, columnMetadata } = this.#parts;
    const loaded = await new Promise<number>((resolve, reject) => {
      try {
        session.start((native) => {
          const load = native.newBulkLoad(target, (error, count) => {
            session.settled();
            if (error === null || error === undefined) resolve(count ?? 0);
            else reject(session.failure(error, 'write', target));
          });
          Object.assign(load, { getBulkInsertSql: () => insertBulk, getColMetaData: () => columnMetadata });
          load.addColumn('rows', rowsType, { nullable: false });
          // tedious writes the first row's token.
          native.execBulkLoad(load, [[bytes.subarray(1)]]);
        });
      } catch (error) {
        reject(session.failure(error, 'write', target));
      }
    });
    // A trigger's own rows may be counted too.
    if (loaded < rowCount)
      throw new SluiceError('Cdm.0234', { cause: `${rowCount} rows were sent and ${loaded} were loaded` });
    this.#bytesWritten += bytes.length;
  }
}

/** What tedious takes for a type: one that lets bytes through as they are. */
const rowsType = {
  id: 0,
  type: 'ROWS',
  name: 'Rows',
  declaration: () => '',
  writeTypeInfo: () => undefined,
  writeValue: (into: { writeBuffer(bytes: Buffer): void }, { value }: { readonly value: Buffer }) => {
    into.writeBuffer(value);
  },
  validate: (value: unknown) => value,
};
