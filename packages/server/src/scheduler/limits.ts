/** Limits of the scheduler room: one place, each with its unit. */
export const schedulerLimits = {
  /** Longest period of a schedule, in its unit. */
  cycleMax: 1_000_000,
  /** A run may begin so much later than its schedule says, in milliseconds; a moment that was missed by more is left out. */
  lateMaxMs: 60_000,
  /** Pause between looks for schedules that are due, in milliseconds. */
  lookPauseMs: 1_000,
  /** Clusters with queued runs that are told apart at one look; of more, the rest waits for the next one. */
  claimableClustersMax: 10_000,
  /** Moments taken at one look; the rest at the next one. */
  takenPerLookMax: 1_000,
} as const;
