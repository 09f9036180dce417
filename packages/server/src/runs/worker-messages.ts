import type { Checkpoint, SliceCounts, SliceTimes } from '@sluice/core/data/slice';
import type { ErrorCode } from '@sluice/core/errors/codes';
import type { ErrorFacts } from '@sluice/core/errors/sluice-error';
import { Fenced, SluiceError, SnapshotLost } from '@sluice/core/errors/sluice-error';
import type { RejectAnswer, RejectPart, Task, TaskKind, TaskResults } from '@sluice/engine/work';

/** From the server to a worker process. */
export type ToWorker =
  | { readonly kind: 'task'; readonly taskId: number; readonly task: Task }
  | { readonly kind: 'abort'; readonly taskId: number }
  /** The run is over: nothing of it is to be kept. */
  | { readonly kind: 'forget'; readonly runId: string }
  /** The checkpoint with this number is stored, or the run is no longer ours. */
  | {
      readonly kind: 'ledger';
      readonly taskId: number;
      readonly receipt: number;
      readonly isStored: boolean;
      /** To rows that were set aside. */
      readonly answer?: RejectAnswer;
    }
  /** The charge with this number is paid, or the task is to end. */
  | { readonly kind: 'paid'; readonly taskId: number; readonly receipt: number; readonly isPaid: boolean };

/** From a worker process to the server. */
export type FromWorker =
  | { readonly kind: 'ready' }
  /** What this process had to compile is in the code cache now. */
  | { readonly kind: 'compiled' }
  | {
      readonly kind: 'progress';
      readonly taskId: number;
      readonly sliceNo: number;
      readonly counts: SliceCounts;
      readonly times: SliceTimes;
    }
  | {
      readonly kind: 'checkpoint';
      readonly taskId: number;
      readonly receipt: number;
      readonly sliceNo: number;
      readonly checkpoint: Checkpoint;
      readonly times: SliceTimes;
    }
  | {
      readonly kind: 'rejects';
      readonly taskId: number;
      readonly receipt: number;
      readonly sliceNo: number;
      readonly part: RejectPart;
    }
  /** What was read under a rate limit: no more is read until it is paid. */
  | {
      readonly kind: 'charge';
      readonly taskId: number;
      readonly receipt: number;
      readonly rows: number;
      readonly bytes: number;
      /** How long the source was waited for. */
      readonly sourceMs: number;
    }
  | { readonly kind: 'log'; readonly taskId: number; readonly line: string }
  | { readonly kind: 'done'; readonly taskId: number; readonly result: TaskResults[TaskKind] }
  | { readonly kind: 'failed'; readonly taskId: number; readonly error: PortableError };

/** An error in a form that crosses a process border. */
export type PortableError =
  | {
      readonly kind: 'sluice';
      readonly code: ErrorCode;
      readonly facts: ErrorFacts;
      readonly retry: boolean;
      readonly isFinal: boolean;
      readonly cause: string | null;
    }
  | { readonly kind: 'fenced'; readonly message: string }
  | { readonly kind: 'snapshot-lost'; readonly message: string }
  /** A bug: its text goes to the log, never to a caller. */
  | { readonly kind: 'unexpected'; readonly message: string; readonly stack: string };

export function toPortable(error: unknown): PortableError {
  if (error instanceof Fenced) return { kind: 'fenced', message: error.message };
  if (error instanceof SnapshotLost) return { kind: 'snapshot-lost', message: error.message };
  if (error instanceof SluiceError) {
    const cause = error.cause instanceof Error ? error.cause.message : null;
    const { code, facts, retry, isFinal } = error;
    return { kind: 'sluice', code, facts, retry, isFinal, cause };
  }
  if (error instanceof Error) {
    return { kind: 'unexpected', message: error.message, stack: error.stack ?? error.message };
  }
  return { kind: 'unexpected', message: String(error), stack: String(error) };
}

/** A bug inside a worker: its message is for the log only. */
export class WorkerBug extends Error {
  constructor(portable: { readonly message: string; readonly stack: string }) {
    super(portable.message);
    this.name = 'WorkerBug';
    this.stack = portable.stack;
  }
}

export function fromPortable(portable: PortableError): Error {
  switch (portable.kind) {
    case 'fenced': {
      const fenced = new Fenced('');
      // The whole sentence came across; the constructor would write its own behind it.
      fenced.message = portable.message;
      return fenced;
    }
    case 'snapshot-lost': {
      const lost = new SnapshotLost('');
      lost.message = portable.message;
      return lost;
    }
    case 'sluice': {
      const cause = portable.cause === null ? undefined : new Error(portable.cause);
      const { code, facts, retry, isFinal } = portable;
      return new SluiceError(code, facts, { retry, isFinal, cause });
    }
    case 'unexpected':
      return new WorkerBug(portable);
  }
}
