import type { SliceWriter } from '@sluice/core/connector/contract';
import type { Batch, Position, RowBatch } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { Fenced } from '@sluice/core/errors/sluice-error';
import type { BulkLoader } from './bulk-loader.ts';
import type { CheckpointTable } from './checkpoint-table.ts';
import { isConnectionLost } from './errors.ts';
import type { LentSession } from './session-pool.ts';

export interface WriterParts {
  readonly session: LentSession;
  readonly checkpoints: CheckpointTable;
  readonly sliceNo: number;
  readonly resumed: Checkpoint | null;
  /** `schema.table`, for people. */
  readonly target: string;
  /** Writes the rows, in the session's transaction. */
  readonly loader: BulkLoader;
}

/** Writes one slice: the loader brings the rows, and the checkpoint goes in the same transaction. */
export class SqlServerSliceWriter implements SliceWriter {
  readonly resumed: Checkpoint | null;
  readonly #parts: WriterParts;
  #sequence: number;
  /** The first error: after it nothing is written any more, for the transaction is gone. */
  #failure: unknown = null;
  #isClosed = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.resumed = parts.resumed;
    this.#sequence = parts.resumed?.sequence ?? 0;
  }

  async write(batch: Batch): Promise<void> {
    await this.#guarded(() => this.#parts.loader.take(batch));
  }

  async sift(batch: RowBatch): Promise<readonly Reject[]> {
    return await this.#guarded(() => this.#parts.loader.sift(batch));
  }

  async commit(counts: SliceCounts, position: Position | null, isComplete: boolean): Promise<Checkpoint> {
    const { session, checkpoints, sliceNo, target, loader } = this.#parts;
    const checkpoint: Checkpoint = { sequence: this.#sequence + 1, position, counts, isComplete };
    await this.#guarded(async () => {
      await loader.settle();
      if (!session.inTransaction()) await session.begin('READ COMMITTED', 'write', target);
      await checkpoints.write(session, sliceNo, checkpoint);
      await session.commit('write', target);
    });
    this.#sequence = checkpoint.sequence;
    return checkpoint;
  }

  bytesWritten(): number {
    return this.#parts.loader.bytesWritten();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure ??= new Error('the writer is closed');
    // Without waiting for a load under way: the server rolls back what it has when the socket ends.
    if (this.#parts.loader.isBusy()) this.#parts.session.destroy();
    else await this.#parts.session.close();
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure !== null) throw this.#failure;
    try {
      return await work();
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  /** Rolls back, finds out whether somebody else has taken the slice, and remembers what to say from now on. */
  async #fail(error: unknown): Promise<unknown> {
    const { session, checkpoints, sliceNo, loader } = this.#parts;
    let said = error;
    await loader.drain();
    await session.rollback();
    if (!(error instanceof Fenced) && !isConnectionLost(error)) {
      // A clash with rows of the writer that replaced us is not the data's fault.
      try {
        const now = await checkpoints.read(session, sliceNo);
        if ((now?.sequence ?? 0) !== this.#sequence) said = new Fenced(`slice ${sliceNo}`);
      } catch (second) {
        if (second instanceof Fenced) said = second;
      }
    }
    this.#failure = said;
    return said;
  }
}
