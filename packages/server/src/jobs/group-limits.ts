/** Limits of groups of jobs: one place, each with its unit. */
export const groupLimits = {
  /** Groups of a cluster that can be made by hand. */
  groupsMax: 1_000,
  /** Jobs that are changed in one transaction. */
  jobsMax: 10_000,
  /** Jobs that are started or stopped by one call. */
  startedMax: 1_000,
  /** Of these, stops at once: each may wait for the end of its run. */
  stopsAtOnce: 16,
} as const;
