import type { Position } from '@sluice/core/data/batch';
import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { serverErrorNumber } from './errors.ts';
import { quoteTable, quoteText } from './names.ts';
import type { Row, Session } from './session.ts';

/**
 * The run's checkpoint table at the destination: one row per slice, written in the transaction that holds the slice's
 * rows. Whoever finds another sequence than it left has been replaced.
 */
export const CHECKPOINT_TABLE_PREFIX = '_sluice_run_';

/**
 * Steps of a run at the destination that must not be done twice, by the number of the row that says that they were done;
 * rows of slices begin at 0. The row is written in the transaction of the step, where the step has one.
 */
const stepRows = { 'statement before': -1, move: -2, 'statement after': -3 } as const;
export type Step = keyof typeof stepRows;

const noSuchTable = 1146;
const noSuchDatabase = 1049;
const noTableRight = 1142;
const noDatabaseRight = 1044;
const duplicateKey = 1062;

export class CheckpointTable {
  readonly #name: string;
  readonly #target: string;

  constructor(database: string, runKey: string) {
    this.#name = quoteTable(database, `${CHECKPOINT_TABLE_PREFIX}${runKey}`);
    this.#target = `${database}.${CHECKPOINT_TABLE_PREFIX}${runKey}`;
  }

  /** InnoDB by name: with a server default that knows no transactions, checkpoints would not be rolled back. */
  get createSql(): string {
    return `CREATE TABLE IF NOT EXISTS ${this.#name} (
        slice_no INT NOT NULL PRIMARY KEY,
        sequence INT NOT NULL,
        position LONGTEXT CHARACTER SET utf8mb4 NULL,
        counts LONGTEXT CHARACTER SET utf8mb4 NOT NULL,
        is_complete TINYINT(1) NOT NULL
      ) ENGINE=InnoDB`;
  }

  get dropSql(): string {
    return `DROP TABLE IF EXISTS ${this.#name}`;
  }

  /** Quoted, with its database. */
  get quoted(): string {
    return this.#name;
  }

  async create(session: Session): Promise<void> {
    await session.run(this.createSql, 'create', this.#target);
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
        `SELECT 1 FROM ${this.#name} WHERE slice_no >= 0 LIMIT 1`,
        'write',
        this.#target,
      );
    } catch (error) {
      // Without the right to look there is none to make it either, and that is told with the right words.
      if (isMissing(error) || isDenied(error)) return;
      throw error;
    }
    if (rows.length > 0) throw new Fenced('the run');
  }

  async drop(session: Session): Promise<void> {
    await session.run(this.dropSql, 'write', this.#target);
  }

  /** @throws Fenced when the run is over. */
  async readAll(session: Session): Promise<ReadonlyMap<number, Checkpoint>> {
    const rows = (await this.#select(session, '')).filter((row) => Number(row[0]) >= 0);
    return new Map(rows.map((row) => [Number(row[0]), checkpointOf(row)]));
  }

  /** @throws Fenced when the run is over. */
  async read(session: Session, sliceNo: number): Promise<Checkpoint | null> {
    const [row] = await this.#select(session, ` WHERE slice_no = ${sliceNo}`);
    return row === undefined ? null : checkpointOf(row);
  }

  /**
   * Writes a checkpoint into the open transaction.
   * @throws Fenced when another writer has been here, or the run is over.
   */
  async write(session: Session, sliceNo: number, checkpoint: Checkpoint): Promise<void> {
    const { sequence } = checkpoint;
    const position = checkpoint.position === null ? 'NULL' : quoteText(JSON.stringify(checkpoint.position));
    const counts = quoteText(JSON.stringify(checkpoint.counts));
    const isComplete = checkpoint.isComplete ? 1 : 0;
    const sql =
      sequence === 1
        ? `INSERT INTO ${this.#name} (slice_no, sequence, position, counts, is_complete)
           VALUES (${sliceNo}, 1, ${position}, ${counts}, ${isComplete})`
        : `UPDATE ${this.#name}
           SET sequence = ${sequence}, position = ${position}, counts = ${counts}, is_complete = ${isComplete}
           WHERE slice_no = ${sliceNo} AND sequence = ${sequence - 1}`;
    try {
      const { rowsMatched } = await session.run(sql, 'write', this.#target);
      if (rowsMatched !== 1) throw new Fenced(`slice ${sliceNo}`);
    } catch (error) {
      const errno = serverErrorNumber(error);
      if (errno === duplicateKey || errno === noSuchTable) throw new Fenced(`slice ${sliceNo}`);
      throw error;
    }
  }

  /** Steps that were done; null: there is no table. */
  async steps(session: Session): Promise<ReadonlySet<Step> | null> {
    let rows: readonly Row[];
    try {
      rows = await session.rows(
        `SELECT slice_no FROM ${this.#name} WHERE slice_no < 0`,
        'write',
        this.#target,
      );
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    const numbers = new Set(rows.map((row) => Number(row[0])));
    const steps = Object.keys(stepRows) as Step[];
    return new Set(steps.filter((step) => numbers.has(stepRows[step])));
  }

  /** Says in the open transaction that a step is done. @throws Fenced when somebody else has done it. */
  async mark(session: Session, step: Step): Promise<void> {
    const sql = `INSERT INTO ${this.#name} (slice_no, sequence, position, counts, is_complete) VALUES (${stepRows[step]}, 1, NULL, '{}', 1)`;
    try {
      await session.run(sql, 'write', this.#target);
    } catch (error) {
      const errno = serverErrorNumber(error);
      if (errno === duplicateKey || errno === noSuchTable) throw new Fenced(`the ${step} of the run`);
      throw error;
    }
  }

  async #select(session: Session, where: string): Promise<readonly Row[]> {
    try {
      return await session.rows(
        `SELECT slice_no, sequence, position, counts, is_complete FROM ${this.#name}${where}`,
        'write',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) === noSuchTable) throw new Fenced('the run');
      throw error;
    }
  }
}

function isDenied(error: unknown): boolean {
  const errno = serverErrorNumber(error);
  return errno === noTableRight || errno === noDatabaseRight;
}

function isMissing(error: unknown): boolean {
  const errno = serverErrorNumber(error);
  return errno === noSuchTable || errno === noSuchDatabase;
}

function checkpointOf(row: Row): Checkpoint {
  try {
    return {
      sequence: Number(row[1]),
      position: row[2] === null ? null : (JSON.parse(String(row[2])) as Position),
      counts: JSON.parse(String(row[3])) as SliceCounts,
      isComplete: Number(row[4]) === 1,
    };
  } catch (error) {
    throw new SluiceError(
      'Cdm.0234',
      { cause: 'a checkpoint at the destination cannot be read' },
      { cause: error },
    );
  }
}
