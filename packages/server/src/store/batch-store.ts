import type { SliceCounts } from '@sluice/core/data/slice';
import type { BatchTable, RunRecord, RunState } from './model.ts';

/** How the tables of a run stand, counted from the runs that move them. */
export interface BatchStanding {
  readonly tables: number;
  /** Not begun. */
  readonly open: number;
  /** Begun and not ended. */
  readonly active: number;
  readonly done: number;
  /** Ended, and not succeeded. */
  readonly failed: number;
  readonly weight: number;
  readonly weightDone: number;
  /** Sums of all tables, those under way included. */
  readonly counts: SliceCounts;
}

/** A table with the run that moves it. */
export interface BatchTableState {
  readonly table: BatchTable;
  /** Without its plan; null: the table was not begun. */
  readonly run: RunRecord | null;
}

/** Which tables of a run. */
export interface BatchTableFilter {
  /** Empty: in every state; `pending`: not begun. */
  readonly states: readonly (RunState | 'pending')[];
  readonly limit: number;
  readonly offset: number;
}

/** The tables of runs of entire-database jobs, and the runs that are parts of others: their children. */
export interface BatchRepository {
  /** Stores the tables of a run, which has none yet. */
  storeTables(runId: string, tables: readonly BatchTable[]): Promise<void>;
  /**
   * Gives a run the tables of an earlier one: those that succeeded are taken over with the runs that moved them, the others are
   * open again.
   * @param keepsCommitted their new runs carry on behind what is committed, where that can be.
   */
  copyTables(fromRunId: string, runId: string, keepsCommitted: boolean): Promise<void>;
  /** Tables that were not begun, in their order. */
  openTables(runId: string, limit: number): Promise<readonly BatchTable[]>;
  /** A table is moved by this run from here on. */
  attach(runId: string, no: number, childRunId: string): Promise<void>;
  standing(runId: string): Promise<BatchStanding>;
  /** In their order; `total` counts all pages. */
  tables(
    runId: string,
    filter: BatchTableFilter,
  ): Promise<{ readonly tables: readonly BatchTableState[]; readonly total: number }>;
  /** Children that have not ended. */
  activeChildren(runId: string): Promise<readonly RunRecord[]>;
  /** Asks for a stop of all children that have not ended. @returns them. */
  stopChildren(runId: string, user: string, now: number): Promise<readonly RunRecord[]>;
  /** The newest child of a name, `{job}_{table}`; of two jobs whose children share it, whoever was later. */
  latestChild(clusterId: string, name: string): Promise<RunRecord | null>;
  /** Newest first; `total` counts all pages. */
  childHistory(
    clusterId: string,
    name: string,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }>;
}
