/** What a target may be about. All are medians over the runs unless said otherwise. */
export const MEASURES = [
  /** Rows per second of `of` as a multiple of `against`'s. */
  'speed',
  /** CPU time of Sluice's workers as a share of all that was spent, databases included. */
  'worker-cpu-share',
  /** The largest worker's peak over all runs, in MiB. */
  'peak-rss-mb',
  /** The time that 95 of 100 runs keep, in milliseconds. */
  'p95-ms',
  /** Duration of `of` as a multiple of `against`'s. */
  'duration',
] as const;

export interface Target {
  readonly measure: (typeof MEASURES)[number];
  /** A candidate. */
  readonly of: string;
  /** Another candidate, or `best-peer`: the fastest of those peers whose copy was right. */
  readonly against?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface TargetResult extends Target {
  /** null: not measured. */
  readonly value: number | null;
  /** `excluded`: the caller asked for a run without what it needs. */
  readonly state: 'met' | 'missed' | 'unmeasured' | 'excluded';
  /** Who `best-peer` was. */
  readonly peer?: string;
}
