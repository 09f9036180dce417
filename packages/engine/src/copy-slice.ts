import { setTimeout as sleep } from 'node:timers/promises';
import type { Sink, SliceWriter, Snapshot, Source } from '@sluice/core/connector/contract';
import type { Position } from '@sluice/core/data/batch';
import {
  addCounts,
  type Checkpoint,
  type Slice,
  type SliceCounts,
  zeroCounts,
} from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { type EngineLimits, engineLimits } from './limits.ts';
import { markedPlace } from './marked-position.ts';
import { firstReject, SetAside } from './set-aside.ts';
import { SliceClock } from './slice-clock.ts';
import type { DirtyRules, Ledger, RunPlan } from './work.ts';

export interface SliceTools {
  readonly source: Source;
  readonly sink: Sink;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** The moment to read; null or absent: as the source is by then. */
  readonly snapshot?: Snapshot | null;
  /** See `Sink.openWriter`. */
  readonly isRepeated?: boolean | undefined;
  /** Of a tolerant plan; absent: any number of rows may be set aside. */
  readonly dirty?: DirtyRules | undefined;
  readonly limits?: EngineLimits;
}

/**
 * Moves one slice: reads batches, writes them, and commits rows and checkpoint together in the destination's own
 * transaction. What the destination already holds of this slice is not read again.
 *
 * A crash at any line loses at most the rows since the last commit, which are rolled back with it: nothing is
 * doubled, because the next attempt begins behind the checkpoint that it finds at the destination.
 *
 * @returns the slice's last checkpoint, which is complete.
 * @throws Fenced when a newer attempt has committed this slice; SluiceError for everything else.
 */
export async function copySlice(plan: RunPlan, slice: Slice, tools: SliceTools): Promise<Checkpoint> {
  const { source, sink, ledger, signal, snapshot = null, limits = engineLimits } = tools;
  const clock = new SliceClock('write');
  let reporter: NodeJS.Timeout | undefined;
  let writer = await sink.openWriter(plan.target, slice, tools.isRepeated);
  let pendingRows = 0;
  // The report of a commit is stored while the next rows are on their way: they are durable, whatever becomes of it.
  let reported: Promise<void> = Promise.resolve();
  try {
    if (writer.resumed?.isComplete) {
      // The last attempt's commit arrived but its report did not: the destination knows better than the ledger.
      await ledger.checkpoint(slice.no, writer.resumed, clock.times());
      return writer.resumed;
    }
    let last: Checkpoint | null = writer.resumed;
    let settled: SliceCounts = last?.counts ?? zeroCounts;
    let pendingBytes = 0;
    let bytesWrittenBefore = 0;
    let inCommit: SliceCounts | null = null;
    const rules = tools.dirty ?? { sliceMax: null };
    const setAside =
      plan.target.isTolerant === true ? new SetAside({ sliceNo: slice.no, rules, ledger }, last) : null;
    // Who reports a commit also says whose rejects it counts: that of the last attempt must not stay untold.
    if (setAside !== null && last !== null) await ledger.checkpoint(slice.no, last, clock.times());
    const begin = setAside === null ? (last?.position ?? null) : markedPlace(last?.position ?? null);
    // By the clock and not by batches, so that a slice which waits says for whom.
    reporter = setInterval(
      () => ledger.progress(slice.no, inCommit ?? countsSoFar(), clock.times()),
      limits.progressPauseMs,
    );

    clock.enter('read');
    for await (const batch of source.read(slice, plan.projection, begin, snapshot)) {
      signal.throwIfAborted();
      pendingRows += batch.rowCount;
      pendingBytes += batch.byteCount;
      clock.enter('write');
      if (batch.form === 'rows' && setAside !== null) {
        await setAside.take(batch, writer, pendingRows);
        if (setAside.excess !== null) throw await endOverLimit(setAside, batch.position);
      } else {
        if (batch.form === 'rows' && batch.rejects !== undefined)
          throw firstReject(batch.rejects, slice.no, countsSoFar().rowsRead - batch.rowCount);
        await writer.write(batch);
      }
      if (pendingBytes >= limits.segmentBytes && batch.position !== null) {
        last = await settle(batch.position, false);
        if (setAside !== null && setAside.excess !== null) throw setAside.excess;
      }
      clock.enter('read');
    }
    signal.throwIfAborted();
    const complete = await settle(null, true);
    if (setAside !== null && setAside.excess !== null) throw setAside.excess;
    return complete;

    /** What was written stays where the source can go on behind it; a writer that was replaced has counted the other's rows. */
    async function endOverLimit(by: SetAside, position: Position | null): Promise<unknown> {
      if (position !== null) {
        await settle(position, false);
        return by.excess;
      }
      await by.settle(pendingRows);
      await writer.close();
      // Not as a repetition: the session that would be ended for it may be the one that is lent again.
      writer = await sink.openWriter(plan.target, slice);
      const isReplaced = (writer.resumed?.sequence ?? 0) !== (last?.sequence ?? 0);
      return isReplaced ? new Fenced(`slice ${slice.no}`) : by.excess;
    }

    function countsSoFar(): SliceCounts {
      return addCounts(settled, {
        rowsRead: pendingRows,
        rowsWritten: pendingRows - (setAside?.pending ?? 0),
        rowsSkipped: setAside?.pending ?? 0,
        bytesRead: pendingBytes,
        bytesWritten: writer.bytesWritten() - bytesWrittenBefore,
      });
    }

    async function settle(place: Position | null, isComplete: boolean): Promise<Checkpoint> {
      const counts = countsSoFar();
      const position = setAside === null ? place : setAside.mark(place);
      inCommit = counts;
      clock.enter('commit');
      if (setAside !== null) await setAside.settle(pendingRows);
      // One report at a time, in their order; one that was refused ends the slice here.
      await reported;
      const sent: Checkpoint = { sequence: (last?.sequence ?? 0) + 1, position, counts, isComplete };
      let checkpoint: Checkpoint;
      try {
        checkpoint = await writer.commit(counts, position, isComplete);
        bytesWrittenBefore = writer.bytesWritten();
      } catch (error) {
        ({ writer, checkpoint } = await inquire(error, sent, writer));
        bytesWrittenBefore = 0;
      }
      // From here on the rows are durable. A crash before the next line is mended by the destination's checkpoint.
      reported = ledger.checkpoint(slice.no, checkpoint, clock.times());
      // Met at the next commit at the latest; until then a refusal must not count as unhandled.
      reported.catch(() => undefined);
      if (isComplete) await reported;
      settled = checkpoint.counts;
      setAside?.committed(checkpoint);
      pendingRows = 0;
      pendingBytes = 0;
      inCommit = null;
      return checkpoint;
    }
  } catch (error) {
    throw pendingRows > 0 && writer.keepsFailedRows === true ? notToBeRepeated(error) : error;
  } finally {
    clearInterval(reporter);
    await writer.close();
    // A slice that failed has told all it committed before its failure is told.
    await reported.catch(() => undefined);
  }

  /** A commit whose answer was lost may have happened: only the destination can tell. */
  async function inquire(
    error: unknown,
    sent: Checkpoint,
    lost: SliceWriter,
  ): Promise<{ writer: SliceWriter; checkpoint: Checkpoint }> {
    if (!(error instanceof SluiceError && error.retry)) throw error;
    await lost.close();
    for (let inquiry = 0; inquiry < limits.commitInquiriesMax; inquiry++) {
      await sleep(limits.commitInquiryPauseMs * 2 ** inquiry, undefined, { signal });
      const reopened = await sink.openWriter(plan.target, slice, true).catch(() => null);
      if (reopened === null) continue;
      if (reopened.resumed?.sequence === sent.sequence) {
        if (isSame(reopened.resumed, sent)) return { writer: reopened, checkpoint: reopened.resumed };
        // Another attempt was there first and ended elsewhere: to go on from our own place would double or lose rows.
        await reopened.close();
        throw new Fenced(`slice ${slice.no}`);
      }
      await reopened.close();
      // Not there: the server rolled it back, or is still to. The sequence check of the next attempt keeps both apart.
      throw error;
    }
    throw error;
  }
}

/** The same failure for a destination that keeps the attempt's rows: to try again would double them. */
function notToBeRepeated(error: unknown): unknown {
  if (!(error instanceof SluiceError)) return error;
  return new SluiceError(error.code, error.facts, { cause: error.cause, isFinal: true });
}

/** The same rows up to the same place. */
function isSame(found: Checkpoint, sent: Checkpoint): boolean {
  return (
    found.isComplete === sent.isComplete &&
    found.counts.rowsRead === sent.counts.rowsRead &&
    found.counts.rowsWritten === sent.counts.rowsWritten &&
    JSON.stringify(found.position) === JSON.stringify(sent.position)
  );
}
