import type { RunRecord } from '../store/model.ts';
import type { RunProgress } from './run-progress.ts';

/** Leads one claimed run on; the desk keeps it for as long. */
export interface Driver {
  readonly runId: string;
  readonly projectId: string;
  readonly clusterId: string;
  /** null: it moves no slices. */
  readonly progress: RunProgress | null;
  /** The run as this driver knew it last. */
  readonly lastKnown: RunRecord;
  /** The run's record without a look at the store; null: it has not been heard of for too long to be told. */
  readonly record: RunRecord | null;
  /** Resolves when the driver is done with the run, whatever came of it. Never rejects. */
  readonly ended: Promise<void>;
  /** Takes from a record that was just read what others than its driver may change. */
  hearOf(run: RunRecord): void;
  /** Ends the run as stopped. Safe to repeat. */
  stop(user: string): void;
  /** Leaves the run as its record says, for a later driver. */
  letGo(): void;
}
