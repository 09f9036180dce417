import { type Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { RunFailure, RunRecord } from '../store/model.ts';
import { failureOf } from './failure.ts';

// Why the work on a run ends before its end, as a driver throws it.

/** Somebody wants the run to end. */
export class StopAsked extends Error {
  readonly user: string;
  constructor(user: string) {
    super(`stopped by ${user}`);
    this.user = user;
  }
}
/** An earlier driver stored this failure and went away before the end. */
export class FailedBefore extends Error {
  readonly failure: RunFailure;
  constructor(failure: RunFailure) {
    super('the run failed under an earlier driver');
    this.failure = failure;
  }
}
/** The run cannot be handed to a worker at all. */
export class Unworkable extends Error {
  readonly failure: RunFailure;
  constructor(cause: SluiceError) {
    super(cause.message);
    this.failure = failureOf(cause);
  }
}
/** The run's record is not ours to end: it stays as it is, for a later driver. */
export class LetGo extends Error {}
/** This server shuts down. */
export class ShutDown extends LetGo {}
/** Our own store does not answer: that says nothing about the run. */
export class StoreFailed extends LetGo {}

/** Why a run that was claimed is to end without further work; null: it is to go on. */
export function endingOf(run: RunRecord): StopAsked | FailedBefore | null {
  if (run.stopRequestedBy !== null) return new StopAsked(run.stopRequestedBy);
  return run.failure === null ? null : new FailedBefore(run.failure);
}

export function unworkable(error: unknown): Error {
  return error instanceof SluiceError
    ? new Unworkable(error)
    : new StoreFailed('the links could not be read', { cause: error });
}

export function foreignCheckpoints(error: Fenced): SluiceError {
  const cause = "the run's checkpoint table at the destination was removed or changed by somebody else";
  return new SluiceError('Cdm.0232', { cause }, { cause: error });
}

/** What our own store throws ends the driver, never the run. */
export async function stored<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new StoreFailed('the store failed', { cause: error });
  }
}
