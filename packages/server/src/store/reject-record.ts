import type { RejectStage } from '@sluice/core/data/reject';
import type { ErrorCode } from '@sluice/core/errors/codes';
import type { ErrorFacts } from '@sluice/core/errors/sluice-error';
import type { RunFailure } from './model.ts';

/** As `Claim` of the store, which imports this file. */
export interface RunClaim {
  readonly runId: string;
  readonly fence: number;
}

/** Why a row was set aside. */
export interface RejectReason {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}

/**
 * Which row of a run: the slice and commit it was counted with, the attempt that made that commit, and a number in it.
 * As text, `3.1.a0b1c2d3e4f5.17`.
 */
export interface RejectKey {
  readonly sliceNo: number;
  readonly sequence: number;
  readonly attempt: string;
  readonly no: number;
}

/**
 * `open`: it is not at the destination. `replaying`: it is on its way there. `written`: a replay wrote it. `rolled_back`:
 * it was met in a part of a slice that was never committed, so a run that goes on meets it again.
 */
export type RejectState = 'open' | 'replaying' | 'written' | 'rolled_back';

/** A row that a run set aside. Its values are sealed. */
export interface RejectRecord extends RejectKey, RejectReason {
  readonly runId: string;
  readonly stage: RejectStage;
  readonly state: RejectState;
  readonly sealedRow: string;
  readonly createdAt: number;
  /** Who gave it other values last; null: nobody. */
  readonly editedBy: string | null;
  readonly editedAt: number | null;
}

export interface NewRejects {
  readonly sliceNo: number;
  readonly sequence: number;
  readonly attempt: string;
  readonly firstNo: number;
  readonly rejects: readonly (RejectReason & { readonly stage: RejectStage; readonly sealedRow: string })[];
}

/** How much is kept of one run. */
export interface QuarantineLimits {
  readonly rowsMax: number;
  /** Characters of the sealed rows together. */
  readonly charsMax: number;
}

export interface RejectFilter {
  /** null: of every slice. */
  readonly sliceNo: number | null;
  readonly state: RejectState | null;
}

/** `settled`: what came of it is stored, and its checkpoint is still at the destination. */
export type ReplayState = 'pending' | 'settled' | 'done' | 'failed';

/** One attempt to bring rows that were set aside to the destination of their run. */
export interface ReplayRecord {
  /** A UUID; its last 12 digits name the replay at the destination. */
  readonly id: string;
  readonly runId: string;
  readonly state: ReplayState;
  readonly rowsChosen: number;
  readonly rowsWritten: number;
  readonly rowsRefused: number;
  /** Why it could not be carried out; its rows are open again. */
  readonly failure: RunFailure | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly attempts: number;
}

/** Rows that runs set aside. */
export interface RejectRepository {
  /**
   * Stores rows ahead of the commit that counts them. What goes beyond the limits is left out.
   * @returns null when the claim is lost.
   */
  put(
    claim: RunClaim,
    rejects: NewRejects,
    limits: QuarantineLimits,
    now: number,
  ): Promise<'kept' | 'full' | null>;
  /**
   * By slice and number. Of a run that goes on only rows whose commit is known; of one that has ended also those of the last
   * attempt at each slice which were rolled back. `total` counts all pages.
   */
  list(
    runId: string,
    filter: RejectFilter,
    limit: number,
    offset: number,
  ): Promise<{ readonly rejects: readonly RejectRecord[]; readonly total: number }>;
  find(runId: string, key: RejectKey): Promise<RejectRecord | null>;
  /** Gives an open row other values. @returns false when it is not there, or not open. */
  edit(runId: string, key: RejectKey, sealedRow: string, by: string, now: number): Promise<boolean>;
  /** Removes rows; none that is on its way to the destination. @param keys null: all. @returns how many. */
  remove(runId: string, keys: readonly RejectKey[] | null): Promise<number>;
}

/** Replays of rows that were set aside. */
export interface ReplayRepository {
  /**
   * Stores a replay of open rows, which are on their way from then on.
   * @param keys null: all that are open, in their order, up to the limits.
   * @returns null when none of the rows is open.
   */
  begin(
    replay: Pick<ReplayRecord, 'id' | 'runId' | 'createdBy' | 'createdAt'>,
    keys: readonly RejectKey[] | null,
    limits: QuarantineLimits,
    dueAt: number,
  ): Promise<ReplayRecord | null>;
  find(runId: string, replayId: string): Promise<ReplayRecord | null>;
  /** Newest first. */
  list(runId: string, limit: number): Promise<readonly ReplayRecord[]>;
  /** The rows of a replay that are on their way, in one order for ever. */
  rowsOf(replayId: string): Promise<readonly RejectRecord[]>;
  /**
   * Takes the replay that is due first and not at its end; it is due again at `again`.
   * @param passedOver projects whose replays are left for later.
   */
  takeDue(now: number, again: number, passedOver?: readonly string[]): Promise<ReplayRecord | null>;
  /** Makes all that are not at their end due at `now`: for a store that no other server has. */
  makeAllDue(now: number): Promise<void>;
  /** Puts a replay off. @param failure why, for those who ask. */
  putOff(replayId: string, dueAt: number, failure?: RunFailure): Promise<void>;
  /** Keeps what the destination refused of a replay, ahead of the commit of the rest. @param rows by their place in `rowsOf`. @returns false when the replay has ended. */
  refused(
    replayId: string,
    attempt: string,
    rows: readonly (RejectReason & { readonly key: RejectKey })[],
  ): Promise<boolean>;
  /** The commit of this attempt was made: what it did not refuse is written, the rest open again. Safe to repeat. */
  settle(replayId: string, attempt: string, now: number): Promise<void>;
  /** Nothing of a settled replay is left at the destination. */
  close(replayId: string): Promise<void>;
  /** The replay is given up, and nothing of it was written: its rows are open again. */
  fail(replayId: string, failure: RunFailure, now: number): Promise<void>;
}

/** The text of a key. */
export function rejectId({ sliceNo, sequence, attempt, no }: RejectKey): string {
  return `${sliceNo}.${sequence}.${attempt}.${no}`;
}

/** @returns null when the text is no key. */
export function rejectKey(id: string): RejectKey | null {
  const [, sliceNo, sequence, attempt, no] =
    /^(\d{1,9})\.(\d{1,9})\.([0-9a-f]{12})\.(\d{1,9})$/.exec(id) ?? [];
  if (attempt === undefined) return null;
  return { sliceNo: Number(sliceNo), sequence: Number(sequence), attempt, no: Number(no) };
}
