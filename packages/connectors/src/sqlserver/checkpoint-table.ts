import type { Position } from '@sluice/core/data/batch';
import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { serverErrorNumber } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Row, Session } from './session.ts';

/**
 * The run's checkpoint table at the destination: one row per slice, written in the transaction that holds the slice's
 * rows. Whoever finds another sequence than it left has been replaced.
 */
export const CHECKPOINT_TABLE_PREFIX = '_sluice_run_';

/**
 * Steps of a run at the destination that must not be done twice, by the number of the row that says that they were done;
 * rows of slices begin at 0. The row is written in the transaction of the step.
 */
const stepRows = { 'statement before': -1, move: -2, 'statement after': -3 } as const;
export type Step = keyof typeof stepRows;

const noSuchTable = 208;
const existsAlready = 2714;
const duplicateKey = new Set([2601, 2627]);

export class CheckpointTable {
  readonly #name: string;
  readonly #target: string;

  constructor(schema: string, runKey: string) {
    this.#name = quoteTable(schema, `${CHECKPOINT_TABLE_PREFIX}${runKey}`);
    this.#target = `${schema}.${CHECKPOINT_TABLE_PREFIX}${runKey}`;
  }

  async create(session: Session): Promise<void> {
    try {
      await session.run(
        `CREATE TABLE ${this.#name} (
  [slice_no] int NOT NULL PRIMARY KEY,
  [sequence] int NOT NULL,
  [position] nvarchar(max) NULL,
  [counts] nvarchar(max) NOT NULL,
  [is_complete] bit NOT NULL
)`,
        {},
        'create',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) !== existsAlready) throw error;
    }
  }

  /**
   * Refuses to make a destination ready that holds rows of the run already: a driver that was replaced, and held up for
   * longer than its lease, would clear what its successor has committed.
   * @throws Fenced.
   */
  async refuseLatePreparation(session: Session): Promise<void> {
    let rows: readonly Row[];
    try {
      rows = await session.rows(
        `SELECT TOP (1) 1 AS [one] FROM ${this.#name} WHERE [slice_no] >= 0`,
        {},
        'write',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) === noSuchTable) return;
      throw error;
    }
    if (rows.length > 0) throw new Fenced('the run');
  }

  async drop(session: Session): Promise<void> {
    await session.run(`DROP TABLE IF EXISTS ${this.#name}`, {}, 'write', this.#target);
  }

  /** @throws Fenced when the run is over. */
  async readAll(session: Session): Promise<ReadonlyMap<number, Checkpoint>> {
    const rows = await this.#select(session, ' WHERE [slice_no] >= 0', {});
    return new Map(rows.map((row) => [Number(row[0]), checkpointOf(row)]));
  }

  /** @throws Fenced when the run is over. */
  async read(session: Session, sliceNo: number): Promise<Checkpoint | null> {
    const slice = { slice: String(sliceNo) };
    const [row] = await this.#select(session, ' WHERE [slice_no] = CAST(@slice AS int)', slice);
    return row === undefined ? null : checkpointOf(row);
  }

  /**
   * Writes a checkpoint into the open transaction.
   * @throws Fenced when another writer has been here, or the run is over.
   */
  async write(session: Session, sliceNo: number, checkpoint: Checkpoint): Promise<void> {
    const { sequence, position } = checkpoint;
    const parameters = {
      slice: String(sliceNo),
      // JSON is never empty: the empty text stands for null.
      position: position === null ? '' : JSON.stringify(position),
      counts: JSON.stringify(checkpoint.counts),
      complete: checkpoint.isComplete ? '1' : '0',
    };
    const values = `NULLIF(@position, N''), @counts, CAST(@complete AS bit)`;
    const sql =
      sequence === 1
        ? `INSERT INTO ${this.#name} ([slice_no], [sequence], [position], [counts], [is_complete]) VALUES (CAST(@slice AS int), 1, ${values})`
        : `UPDATE ${this.#name} SET [sequence] = ${sequence}, [position] = NULLIF(@position, N''), [counts] = @counts, [is_complete] = CAST(@complete AS bit)
 WHERE [slice_no] = CAST(@slice AS int) AND [sequence] = ${sequence - 1}`;
    await this.#change(session, sql, parameters, `slice ${sliceNo}`);
  }

  /** Steps that were done; null: there is no table. */
  async steps(session: Session): Promise<ReadonlySet<Step> | null> {
    let rows: readonly Row[];
    try {
      rows = await session.rows(
        `SELECT [slice_no] FROM ${this.#name} WHERE [slice_no] < 0`,
        {},
        'write',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) === noSuchTable) return null;
      throw error;
    }
    const numbers = new Set(rows.map((row) => Number(row[0])));
    const steps = Object.keys(stepRows) as Step[];
    return new Set(steps.filter((step) => numbers.has(stepRows[step])));
  }

  /** Says in the open transaction that a step is done. @throws Fenced when somebody else has done it. */
  async mark(session: Session, step: Step): Promise<void> {
    const sql = `INSERT INTO ${this.#name} ([slice_no], [sequence], [position], [counts], [is_complete]) VALUES (${stepRows[step]}, 1, NULL, N'{}', 1)`;
    await this.#change(session, sql, {}, `the ${step} of the run`);
  }

  async #change(
    session: Session,
    sql: string,
    parameters: Readonly<Record<string, string>>,
    what: string,
  ): Promise<void> {
    let changed: number;
    try {
      changed = await session.run(sql, parameters, 'write', this.#target);
    } catch (error) {
      const number = serverErrorNumber(error) ?? 0;
      if (duplicateKey.has(number) || number === noSuchTable) throw new Fenced(what);
      throw error;
    }
    if (changed !== 1) throw new Fenced(what);
  }

  async #select(
    session: Session,
    where: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<readonly Row[]> {
    try {
      return await session.rows(
        `SELECT [slice_no], [sequence], [position], [counts], [is_complete] FROM ${this.#name}${where}`,
        parameters,
        'write',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) === noSuchTable) throw new Fenced('the run');
      throw error;
    }
  }
}

function checkpointOf(row: Row): Checkpoint {
  try {
    return {
      sequence: Number(row[1]),
      position: row[2] === null ? null : (JSON.parse(String(row[2])) as Position),
      counts: JSON.parse(String(row[3])) as SliceCounts,
      isComplete: row[4] === true || Number(row[4]) === 1,
    };
  } catch (error) {
    throw new SluiceError(
      'Cdm.0234',
      { cause: 'a checkpoint at the destination cannot be read' },
      { cause: error },
    );
  }
}
