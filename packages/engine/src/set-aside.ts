import { randomBytes } from 'node:crypto';
import type { SliceWriter } from '@sluice/core/connector/contract';
import type { Position, RowBatch } from '@sluice/core/data/batch';
import { toPortableRow } from '@sluice/core/data/portable-row';
import type { PortableReject, Reject, RejectStage } from '@sluice/core/data/reject';
import type { Checkpoint } from '@sluice/core/data/slice';
import { explained, explanationFacts } from '@sluice/core/errors/explained';
import { type ErrorFacts, SluiceError } from '@sluice/core/errors/sluice-error';
import { type RejectLimits, rejectLimits } from './limits.ts';
import { markPosition } from './marked-position.ts';
import type { DirtyRules, Ledger } from './work.ts';

export interface SetAsideTools {
  readonly sliceNo: number;
  readonly rules: DirtyRules;
  readonly ledger: Ledger;
  readonly limits?: RejectLimits;
}

/**
 * Rows of one attempt at a slice that cannot be written: counts them, and hands them to the ledger before the commit that
 * counts them. They are told under the sequence number of that commit and a name of this attempt, and the checkpoint at the
 * destination has the same name: of two attempts at one commit, of which only one was made, it says whose rejects hold.
 */
export class SetAside {
  readonly #tools: Required<SetAsideTools>;
  readonly #attempt = randomBytes(6).toString('hex');
  /** What waits to be told. */
  #rejects: PortableReject[] = [];
  #chars = 0;
  /** Rejects since the last part, kept or not. */
  #untold = 0;
  /** Those of the present commit that were told. */
  #told = 0;
  #sequence: number;
  /** Of the slice up to its last commit. */
  #skippedBefore: number;
  #readBefore: number;
  #pending = 0;
  #isFull = false;
  #excess: ErrorFacts | null = null;

  constructor(tools: SetAsideTools, last: Checkpoint | null) {
    this.#tools = { limits: rejectLimits, ...tools };
    this.#sequence = (last?.sequence ?? 0) + 1;
    this.#skippedBefore = last?.counts.rowsSkipped ?? 0;
    this.#readBefore = last?.counts.rowsRead ?? 0;
  }

  /** Rows set aside since the last commit. */
  get pending(): number {
    return this.#pending;
  }

  /** More rows were set aside than may be; the run is to end behind the next commit. null: not so. */
  get excess(): SluiceError | null {
    return this.#excess === null ? null : new SluiceError('Cdm.0936', this.#excess);
  }

  /** What goes into the checkpoint in place of the position. */
  mark(position: Position | null): Position {
    return markPosition(position, this.#attempt);
  }

  /** Writes what can be written of a batch, and sets the rest aside. @param pendingRows read since the last commit, this batch included. */
  async take(batch: RowBatch, writer: SliceWriter, pendingRows: number): Promise<void> {
    const { limits, rules, sliceNo } = this.#tools;
    if (batch.rejects !== undefined) this.#add(batch.rejects, 'read');
    if (batch.rows.length > 0) {
      if (writer.sift === undefined) await writer.write(batch);
      else this.#add(await writer.sift(batch), 'write');
    }
    const { sliceMax } = rules;
    const skipped = this.#skippedBefore + this.#pending;
    if (sliceMax !== null && skipped > sliceMax) this.#excess ??= sliceExcess(sliceNo, skipped, sliceMax);
    if (this.#untold >= limits.perPartMax || this.#chars >= limits.charsPerPartMax)
      await this.#tell(pendingRows);
  }

  /** Resolves when all that was set aside is stored: the commit which counts it may follow. */
  async settle(pendingRows: number): Promise<void> {
    if (this.#untold > 0) await this.#tell(pendingRows);
  }

  /** The commit was made. */
  committed(checkpoint: Checkpoint): void {
    this.#sequence = checkpoint.sequence + 1;
    this.#skippedBefore = checkpoint.counts.rowsSkipped;
    this.#readBefore = checkpoint.counts.rowsRead;
    this.#pending = 0;
    this.#told = 0;
  }

  #add(rejects: readonly Reject[], stage: RejectStage): void {
    this.#pending += rejects.length;
    this.#untold += rejects.length;
    if (this.#isFull || this.#tools.ledger.rejects === undefined) return;
    const { caps } = this.#tools.limits;
    for (const { values, code, facts } of rejects) {
      const row = toPortableRow(values, caps);
      this.#rejects.push({ row, stage, code, facts });
      // What it will be as JSON, near enough for a limit.
      this.#chars += 64;
      for (const value of row) this.#chars += typeof value === 'string' ? value.length : 16;
      for (const value of row)
        if (typeof value === 'object' && value !== null && 'b' in value) this.#chars += value.b.length;
    }
  }

  async #tell(pendingRows: number): Promise<void> {
    const { ledger, limits, sliceNo } = this.#tools;
    const rejects = this.#rejects;
    this.#rejects = [];
    this.#chars = 0;
    this.#untold = 0;
    const counts = {
      rowsRead: this.#readBefore + pendingRows,
      rowsSkipped: this.#skippedBefore + this.#pending,
    };
    let first = 0;
    // A batch may bring more than one part takes.
    do {
      const part = rejects.slice(first, first + limits.perPartMax);
      const answer = await ledger.rejects?.(sliceNo, {
        sequence: this.#sequence,
        attempt: this.#attempt,
        firstNo: this.#told,
        rejects: part,
        ...counts,
      });
      this.#told += part.length;
      first += part.length;
      this.#isFull = answer?.isFull ?? true;
      this.#excess ??= answer?.excess ?? null;
    } while (first < rejects.length && !this.#isFull);
  }
}

function sliceExcess(slice: number, records: number, limit: number): ErrorFacts {
  return {
    slice,
    records,
    limit,
    ...explained({
      en: `Slice ${slice} has ${records} bad records so far; the job allows ${limit} per slice.`,
      zh: `分片 ${slice} 目前有 ${records} 条错误记录，作业允许每个分片最多 ${limit} 条。`,
    }),
  };
}

/**
 * The failure of a run that sets nothing aside, for the first row that was dropped on its way.
 * @param rowsBefore rows of the slice ahead of its batch.
 */
export function firstReject(rejects: readonly Reject[], sliceNo: number, rowsBefore: number): SluiceError {
  const [reject] = rejects;
  if (reject === undefined) return new SluiceError('Cdm.0234', { cause: 'a row was dropped' });
  const shown = reject.values
    .slice(0, SHOWN_VALUES_MAX)
    .map((value) => (value instanceof Uint8Array ? `${value.length} bytes` : String(value).slice(0, 64)))
    .join(', ');
  return new SluiceError(reject.code, {
    ...reject.facts,
    ...explained({
      en: `${own(explanationFacts.en)}The row is among those behind row ${rowsBefore} of slice ${sliceNo}: (${shown}).`,
      zh: `${own(explanationFacts.zh)}该行位于分片 ${sliceNo} 第 ${rowsBefore} 行之后：（${shown}）。`,
    }),
  });

  /** What the reject itself says, a blank behind it. */
  function own(fact: string): string {
    const text = reject?.facts[fact];
    return text === undefined ? '' : `${text} `;
  }
}

/** Values of a row that an error names. */
const SHOWN_VALUES_MAX = 8;
