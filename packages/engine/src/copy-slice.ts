import { setTimeout as sleep } from 'node:timers/promises';
import type { Sink, SliceWriter, Snapshot, Source } from '@sluice/core/connector/contract';
import type { Position } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import {
  addCounts,
  type Checkpoint,
  type Slice,
  type SliceCounts,
  zeroCounts,
} from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { type EngineLimits, engineLimits } from './limits.ts';
import { SliceClock } from './slice-clock.ts';
import type { Ledger, RunPlan } from './work.ts';

export interface SliceTools {
  readonly source: Source;
  readonly sink: Sink;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** The moment to read; null or absent: as the source is by then. */
  readonly snapshot?: Snapshot | null;
  /** See `Sink.openWriter`. */
  readonly isRepeated?: boolean | undefined;
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
    // By the clock and not by batches, so that a slice which waits says for whom.
    reporter = setInterval(
      () => ledger.progress(slice.no, inCommit ?? countsSoFar(), clock.times()),
      limits.progressPauseMs,
    );

    clock.enter('read');
    for await (const batch of source.read(slice, plan.projection, last?.position ?? null, snapshot)) {
      signal.throwIfAborted();
      pendingRows += batch.rowCount;
      pendingBytes += batch.byteCount;
      clock.enter('write');
      if (batch.form === 'rows' && batch.rejects !== undefined) throw rejection(batch.rejects);
      await writer.write(batch);
      if (pendingBytes >= limits.segmentBytes && batch.position !== null) {
        last = await settle(batch.position, false);
      }
      clock.enter('read');
    }
    signal.throwIfAborted();
    return await settle(null, true);

    function countsSoFar(): SliceCounts {
      return addCounts(settled, {
        rowsRead: pendingRows,
        rowsWritten: pendingRows,
        rowsSkipped: 0,
        bytesRead: pendingBytes,
        bytesWritten: writer.bytesWritten() - bytesWrittenBefore,
      });
    }

    async function settle(position: Position | null, isComplete: boolean): Promise<Checkpoint> {
      const counts = countsSoFar();
      inCommit = counts;
      clock.enter('commit');
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

/** Rows that were dropped on the way have nowhere to go: the first one ends the slice. */
function rejection(rejects: readonly Reject[]): SluiceError {
  const [first] = rejects;
  return new SluiceError(first?.code ?? 'Cdm.0064', first?.facts);
}

/** The same failure for a destination that keeps the attempt's rows: to try again of one's own accord would double them. */
function notToBeRepeated(error: unknown): unknown {
  if (!(error instanceof SluiceError && error.retry)) return error;
  return new SluiceError(error.code, error.facts, { cause: error.cause });
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
