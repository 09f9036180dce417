import { randomBytes } from 'node:crypto';
import type { Sink, TargetPlan } from '@sluice/core/connector/contract';
import type { Value } from '@sluice/core/data/batch';
import { fromPortableRow, isCutValue, type PortableRow } from '@sluice/core/data/portable-row';
import type { PortableReject } from '@sluice/core/data/reject';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { explained } from '@sluice/core/errors/explained';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { rejectLimits } from './limits.ts';
import { makerOf, markPosition } from './marked-position.ts';
import type { Ledger } from './work.ts';

export interface ReplayTools {
  readonly sink: Sink;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** See `Sink.openWriter`. */
  readonly isRepeated: boolean;
}

/** Rows that are written together before the stop is looked at. */
const rowsPerBatch = 500;
const slice: Slice = { no: 0, cut: null, label: 'rows that were set aside', rowsEstimate: null };

/**
 * Writes rows that were set aside, in one commit with a checkpoint of their own: whoever comes after a crash finds there
 * whether they are written, and by which attempt. What the destination refuses is told to the ledger ahead of the commit.
 * @param target of the run that set them aside, under the replay's own run key.
 * @returns the attempt that made the commit; perhaps an earlier one.
 */
export async function replayRows(
  target: TargetPlan,
  rows: readonly PortableRow[],
  { sink, ledger, signal, isRepeated }: ReplayTools,
): Promise<string> {
  if (!(await isPrepared(sink, target))) await sink.prepare(target, isRepeated);
  const writer = await sink.openWriter(target, slice, isRepeated);
  try {
    if (writer.resumed !== null) return requireMaker(writer.resumed);
    if (writer.sift === undefined)
      throw new SluiceError('Cdm.0234', { cause: 'the destination cannot take rows one by one' });
    const attempt = randomBytes(6).toString('hex');
    const refused: PortableReject[] = [];
    const places: number[] = [];
    const refuse = (place: number, reject: Omit<PortableReject, 'row' | 'stage'>): void => {
      places.push(place);
      refused.push({ ...reject, row: [], stage: 'write' });
    };
    for (let first = 0; first < rows.length; first += rowsPerBatch) {
      signal.throwIfAborted();
      const batch: Value[][] = [];
      const placeOf = new Map<readonly Value[], number>();
      for (const [i, row] of rows.slice(first, first + rowsPerBatch).entries()) {
        if (row.some(isCutValue)) {
          refuse(first + i, cutValue);
          continue;
        }
        const values = fromPortableRow(row);
        batch.push(values);
        placeOf.set(values, first + i);
      }
      if (batch.length === 0) continue;
      const frame = { rowCount: batch.length, byteCount: 0, position: null };
      for (const { values, code, facts } of await writer.sift({ form: 'rows', rows: batch, ...frame }))
        refuse(placeOf.get(values) ?? -1, { code, facts });
    }
    for (let first = 0; first < refused.length; first += rejectLimits.perPartMax) {
      await ledger.rejects?.(slice.no, {
        sequence: 1,
        attempt,
        firstNo: first,
        rejects: refused.slice(first, first + rejectLimits.perPartMax),
        places: places.slice(first, first + rejectLimits.perPartMax),
        rowsRead: rows.length,
        rowsSkipped: refused.length,
      });
    }
    const counts = {
      rowsRead: rows.length,
      rowsWritten: rows.length - refused.length,
      rowsSkipped: refused.length,
      bytesRead: 0,
      bytesWritten: writer.bytesWritten(),
    };
    return requireMaker(await writer.commit(counts, markPosition(null, attempt), true));
  } finally {
    await writer.close();
  }
}

const cutValue = {
  code: 'Cdm.0234',
  facts: explained({
    en: 'A value of the row was too long to be kept: give it anew.',
    zh: '该行中有过长而未完整保存的值：请重新填写。',
  }),
} as const;

/** An attempt before this one came that far. */
async function isPrepared(sink: Sink, target: TargetPlan): Promise<boolean> {
  try {
    await sink.checkpoints(target);
    return true;
  } catch (error) {
    if (error instanceof Fenced) return false;
    throw error;
  }
}

function requireMaker(checkpoint: Checkpoint): string {
  const maker = makerOf(checkpoint);
  if (maker === null) throw new Error('the commit of a replay does not say who made it');
  return maker;
}
