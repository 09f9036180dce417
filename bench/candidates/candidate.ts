import type { Endpoint } from '../stage.ts';
import type { BenchTable } from '../tables/bench-table.ts';

/** What one copy cost beside the databases. */
export interface CopyCost {
  /** All processes of the candidate. */
  readonly cpuSeconds: number;
  /** Sluice only: of its worker processes, a part of `cpuSeconds`. */
  readonly workerCpuSeconds?: number;
  /** Sluice: the largest worker. Others: the sum of their processes. */
  readonly peakRssMb: number;
  /** From the beginning to the end of the copy, when the candidate knows it better than who called it. */
  readonly seconds?: number;
}

export interface CopyOrder {
  readonly table: BenchTable;
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly rows: number;
  /** After this the copy is given up, in milliseconds. */
  readonly limitMs: number;
}

/** One of those that a case compares. */
export interface Candidate {
  readonly name: string;
  readonly role: 'sluice' | 'limit' | 'peer';
  /** How it copies: the command line, or the job's settings. */
  readonly how: string;
  readonly version: string;
  /** Finds no table at the target instead of an empty one: it insists on making its own. */
  readonly makesTarget: boolean;
  /** Copies all rows of `source` to `target`. @throws when the copy failed or took longer than its limit */
  copy(order: CopyOrder): Promise<CopyCost>;
}

/** A candidate that cannot be run here. */
export class CandidateUnavailable extends Error {
  override readonly name = 'CandidateUnavailable';
}
