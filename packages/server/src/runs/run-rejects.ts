import type { SliceCounts } from '@sluice/core/data/slice';
import { explained } from '@sluice/core/errors/explained';
import { type ErrorFacts, SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { RejectAnswer, RejectPart } from '@sluice/engine/work';
import { type RunDirtyLimits, runDirtyLimitsOf } from '../planner/dirty-rules.ts';
import { rejectContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunRecord } from '../store/model.ts';
import { rejectId } from '../store/reject-record.ts';
import type { Claim, Store } from '../store/store.ts';
import { runLimits } from './limits.ts';
import { maskedFields } from './masked-fields.ts';
import type { RunProgress } from './run-progress.ts';

export interface RunRejectsTools {
  readonly store: Store;
  readonly secrets: SecretBox;
  readonly progress: RunProgress;
  readonly now: () => number;
}

/** Keeps the rows that a run sets aside, sealed, and counts them against the run's limits. */
export class RunRejects {
  readonly #tools: RunRejectsTools;
  readonly #claim: Claim;
  #limits: RunDirtyLimits;
  /** What the slices told last, ahead of their commits. */
  readonly #told = new Map<number, Pick<RejectPart, 'rowsRead' | 'rowsSkipped'>>();

  constructor(run: RunRecord, claim: Claim, tools: RunRejectsTools) {
    this.#tools = tools;
    this.#claim = claim;
    this.#limits = runDirtyLimitsOf(run.job.driverOptions);
  }

  /** @param driver the job's settings as they are carried out. */
  limitBy(driver: OptionValues): void {
    this.#limits = runDirtyLimitsOf(driver);
  }

  /** Stores what a worker tells. @returns null when the claim is lost. */
  async take(
    sliceNo: number,
    part: RejectPart,
    secretTexts: readonly string[],
  ): Promise<RejectAnswer | null> {
    const { store, secrets, now } = this.#tools;
    const { sequence, attempt, firstNo, rowsRead, rowsSkipped } = part;
    const rejects = part.rejects.map(({ row, stage, code, facts }, i) => {
      const id = rejectId({ sliceNo, sequence, attempt, no: firstNo + i });
      const sealedRow = secrets.seal(JSON.stringify(row), rejectContext(id));
      return { stage, code, facts: maskedFields(facts, secretTexts), sealedRow };
    });
    const limits = { rowsMax: runLimits.quarantineRowsMax, charsMax: runLimits.quarantineCharsMax };
    const kept = await store.rejects.put(
      this.#claim,
      { sliceNo, sequence, attempt, firstNo, rejects },
      limits,
      now(),
    );
    if (kept === null) return null;
    this.#told.set(sliceNo, { rowsRead, rowsSkipped });
    return { isFull: kept === 'full', excess: this.#excessOf(this.#soFar()) };
  }

  /** @param totals of the run, when all its slices are done. @throws Cdm.0936 when it has set more rows aside than it may. */
  requireWithin(totals: SliceCounts): void {
    const excess = this.#excessOf(totals);
    if (excess !== null) throw new SluiceError('Cdm.0936', excess);
  }

  /** Of all slices: what is durable or under way, or was told since. */
  #soFar(): Pick<SliceCounts, 'rowsRead' | 'rowsSkipped'> {
    const sum = { rowsRead: 0, rowsSkipped: 0 };
    for (const { slice, counts, liveCounts } of this.#tools.progress.slices()) {
      const known = liveCounts ?? counts;
      const told = this.#told.get(slice.no);
      sum.rowsRead += Math.max(known.rowsRead, told?.rowsRead ?? 0);
      sum.rowsSkipped += Math.max(counts.rowsSkipped, told?.rowsSkipped ?? 0);
    }
    return sum;
  }

  #excessOf({ rowsRead, rowsSkipped }: Pick<SliceCounts, 'rowsRead' | 'rowsSkipped'>): ErrorFacts | null {
    const { rowsMax, percentMax, percentRowsMin } = this.#limits;
    if (rowsMax !== null && rowsSkipped > rowsMax) {
      return {
        records: rowsSkipped,
        limit: rowsMax,
        ...explained({
          en: `The run has ${rowsSkipped} bad records so far; the job allows ${rowsMax}.`,
          zh: `本次运行目前有 ${rowsSkipped} 条错误记录，作业最多允许 ${rowsMax} 条。`,
        }),
      };
    }
    const isMeasured = percentMax !== null && rowsRead >= percentRowsMin;
    if (!isMeasured || rowsSkipped * 100 <= percentMax * rowsRead) return null;
    return {
      records: rowsSkipped,
      read: rowsRead,
      percent: percentMax,
      ...explained({
        en: `${rowsSkipped} of ${rowsRead} records so far are bad; the job allows ${percentMax} per cent.`,
        zh: `目前读取的 ${rowsRead} 条记录中有 ${rowsSkipped} 条错误，作业最多允许 ${percentMax}%。`,
      }),
    };
  }
}
