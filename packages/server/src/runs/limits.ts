/** Limits of the runs room: one place, each with its unit. */
export const runLimits = {
  /** Runs driven at once by one server; more stay queued. */
  drivenRunsMax: 64,
  /** Worker processes for short tasks (check, plan, prepare, verify, finish) beside those that move slices. */
  controlWorkersMax: 2,
  /** Tasks that may wait for a worker; beyond that a task is refused. */
  waitingTasksMax: 20_000,
  /** How often a slice may lose its worker process before the run fails. */
  workerDeathsPerSliceMax: 8,
  /** The same for a short task. */
  workerDeathsPerTaskMax: 5,
  /** A worker process must report itself ready within this time. */
  workerStartMs: 15_000,
  /** A link test ends after this time, whatever the network does. */
  linkCheckMs: 60_000,
  /** Removing the traces of a failed or stopped run from the destination may take this long, then it is given up. */
  discardMs: 2_500,
  /** A stop call answers after this time even when the run has not ended yet. */
  stopWaitMs: 5_000,
  /** How often a driver looks for a stop asked of another server, and extends its lease. */
  heartbeatMs: 1_500,
  /** Pause between looks for queued runs when nobody has called. */
  claimPauseMs: 1_000,
  /** Bytes of a worker's stderr kept for the log line of its end. */
  stderrTailBytes: 4_096,
} as const;
