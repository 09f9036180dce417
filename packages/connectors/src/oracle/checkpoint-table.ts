import type { Position } from '@sluice/core/data/batch';
import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { DriverRow } from './driver.ts';
import { serverErrorNumber } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/**
 * The run's checkpoint table at the destination: one row per slice, written in the transaction that holds the slice's
 * rows. Whoever finds another sequence than it left has been replaced. Its name has 24 bytes: Oracle 12.1 takes 30.
 */
export const CHECKPOINT_TABLE_PREFIX = '_sluice_run_';

/** Steps of a run that must not be done twice, by the number of the row that says that they were done; slices begin at 0. */
const stepRows = { 'statement before': -1, move: -2, 'statement after': -3 } as const;
export type Step = keyof typeof stepRows;

const duplicateKey = 1;
const noSuchTable = 942;
const insufficientRights = 1031;
const nameTaken = 955;

const columns = 'SLICE_NO, SEQ_NO, POSITION_TEXT, COUNTS_TEXT, IS_COMPLETE';

export class CheckpointTable {
  readonly #name: string;
  readonly #target: string;

  constructor(schema: string, runKey: string) {
    this.#name = quoteTable(schema, `${CHECKPOINT_TABLE_PREFIX}${runKey}`);
    this.#target = `${schema}.${CHECKPOINT_TABLE_PREFIX}${runKey}`;
  }

  /** Ends the open transaction, as every definition of Oracle's does. */
  async create(session: Session): Promise<void> {
    try {
      await session.run(
        `CREATE TABLE ${this.#name} (SLICE_NO NUMBER(10) NOT NULL PRIMARY KEY, SEQ_NO NUMBER(10) NOT NULL, POSITION_TEXT CLOB, COUNTS_TEXT VARCHAR2(4000) NOT NULL, IS_COMPLETE NUMBER(1) NOT NULL)`,
        [],
        'create',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) !== nameTaken) throw error;
    }
  }

  /**
   * Refuses to make a destination ready that holds rows of the run already: a driver that was replaced, and held up for
   * longer than its lease, would clear what its successor has committed.
   * @throws Fenced.
   */
  async refuseLatePreparation(session: Session): Promise<void> {
    let rows: readonly DriverRow[];
    try {
      rows = await session.rows(
        `SELECT SLICE_NO FROM ${this.#name} WHERE SLICE_NO >= 0 AND ROWNUM = 1`,
        [],
        'write',
        this.#target,
      );
    } catch (error) {
      // Without the right to look there is none to make it either, and that is told with the right words.
      const number = serverErrorNumber(error);
      if (number === noSuchTable || number === insufficientRights) return;
      throw error;
    }
    if (rows.length > 0) throw new Fenced('the run');
  }

  async drop(session: Session): Promise<void> {
    try {
      await session.run(`DROP TABLE ${this.#name} PURGE`, [], 'write', this.#target);
    } catch (error) {
      if (serverErrorNumber(error) !== noSuchTable) throw error;
    }
  }

  /** @throws Fenced when the run is over. */
  async readAll(session: Session): Promise<ReadonlyMap<number, Checkpoint>> {
    const rows = await this.#select(session, ' WHERE SLICE_NO >= 0', []);
    return new Map(rows.map((row) => [Number(row[0]), checkpointOf(row)]));
  }

  /** @throws Fenced when the run is over. */
  async read(session: Session, sliceNo: number): Promise<Checkpoint | null> {
    const [row] = await this.#select(session, ' WHERE SLICE_NO = TO_NUMBER(:1)', [String(sliceNo)]);
    return row === undefined ? null : checkpointOf(row);
  }

  /**
   * Writes a checkpoint into the open transaction.
   * @throws Fenced when another writer has been here, or the run is over.
   */
  async write(session: Session, sliceNo: number, checkpoint: Checkpoint): Promise<void> {
    const { sequence, position, counts, isComplete } = checkpoint;
    const values = [
      position === null ? null : JSON.stringify(position),
      JSON.stringify(counts),
      isComplete ? '1' : '0',
      String(sliceNo),
    ];
    // A position may be longer than a VARCHAR2: the driver sends it in pieces then, as Oracle wants it for a CLOB.
    const [sql, binds] =
      sequence === 1
        ? [
            `INSERT INTO ${this.#name} (POSITION_TEXT, COUNTS_TEXT, IS_COMPLETE, SLICE_NO, SEQ_NO) VALUES (:1, :2, TO_NUMBER(:3), TO_NUMBER(:4), 1)`,
            values,
          ]
        : [
            `UPDATE ${this.#name} SET POSITION_TEXT = :1, COUNTS_TEXT = :2, IS_COMPLETE = TO_NUMBER(:3), SEQ_NO = SEQ_NO + 1 WHERE SLICE_NO = TO_NUMBER(:4) AND SEQ_NO = TO_NUMBER(:5)`,
            [...values, String(sequence - 1)],
          ];
    try {
      if ((await session.run(sql, binds, 'write', this.#target)) !== 1) throw new Fenced(`slice ${sliceNo}`);
    } catch (error) {
      const number = serverErrorNumber(error);
      if (number === duplicateKey || number === noSuchTable) throw new Fenced(`slice ${sliceNo}`);
      throw error;
    }
  }

  /** Steps that were done; null: there is no table. */
  async steps(session: Session): Promise<ReadonlySet<Step> | null> {
    let rows: readonly DriverRow[];
    try {
      rows = await session.rows(
        `SELECT SLICE_NO FROM ${this.#name} WHERE SLICE_NO < 0`,
        [],
        'write',
        this.#target,
      );
    } catch (error) {
      if (serverErrorNumber(error) === noSuchTable) return null;
      throw error;
    }
    const numbers = new Set(rows.map((row) => Number(row[0])));
    return new Set((Object.keys(stepRows) as Step[]).filter((step) => numbers.has(stepRows[step])));
  }

  /** Says in the open transaction that a step is done. @throws Fenced when somebody else has done it. */
  async mark(session: Session, step: Step): Promise<void> {
    const sql = `INSERT INTO ${this.#name} (${columns}) VALUES (TO_NUMBER(:1), 1, NULL, '{}', 1)`;
    try {
      await session.run(sql, [String(stepRows[step])], 'write', this.#target);
    } catch (error) {
      const number = serverErrorNumber(error);
      if (number === duplicateKey || number === noSuchTable) throw new Fenced(`the ${step} of the run`);
      throw error;
    }
  }

  async #select(session: Session, where: string, binds: readonly string[]): Promise<readonly DriverRow[]> {
    try {
      return await session.rows(`SELECT ${columns} FROM ${this.#name}${where}`, binds, 'write', this.#target);
    } catch (error) {
      if (serverErrorNumber(error) === noSuchTable) throw new Fenced('the run');
      throw error;
    }
  }
}

function checkpointOf(row: DriverRow): Checkpoint {
  try {
    const position = row[2] ?? null;
    return {
      sequence: Number(row[1]),
      position: position === null ? null : (JSON.parse(String(position)) as Position),
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
