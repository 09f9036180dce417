/** Limits of the runs room: one place, each with its unit. */
export const runLimits = {
  /** Runs driven at once by one server; more stay queued. */
  drivenRunsMax: 64,
  /** Worker processes for the steps of runs (plan, prepare, verify, finish) beside those that move slices. A step may wait for a lock. */
  stepWorkersMax: 4,
  /** Worker processes for what must never wait behind a lock: link tests, and the removal of a stopped run's traces. */
  promptWorkersMax: 2,
  /** Tasks that may wait for a worker; beyond that a task is refused. */
  waitingTasksMax: 20_000,
  /** How often a slice may be tried that loses its worker process, or meets a checkpoint that is not its own, before the run fails. */
  attemptsPerSliceMax: 8,
  /** The same for a step. */
  attemptsPerStepMax: 5,
  /** The same where the memory of a worker did not suffice, which seldom changes from one time to the next. */
  attemptsOutOfMemoryMax: 3,
  /** Pause before such another attempt, in milliseconds. */
  attemptPauseMs: 50,
  /** How often the source's snapshot may be lost and taken anew before the rest of a run is read without one. */
  snapshotRenewalsMax: 5,
  /** A lane that is not ready to join the snapshot within this time, in milliseconds, is left out. */
  snapshotReadyMs: 15_000,
  /** The same for joining it, while the source may keep others from writing. */
  snapshotJoinMs: 2_500,
  /** How often a run may be taken up again, by this or another server, without a commit in between, before it fails: a run that brings down whoever drives it must not do so for ever. */
  fruitlessClaimsMax: 30,
  /** A worker process must report itself ready within this time. */
  workerStartMs: 15_000,
  /** A link test ends after this time, whatever the network does. */
  linkCheckMs: 60_000,
  /** Removing the traces of a stopped run from the destination may take this long while somebody waits for the stop, then it is given up. */
  discardMs: 2_500,
  /** The same where nobody waits: after a failure, or when the run was found after a restart and a worker must start first. */
  discardPatientMs: 15_000,
  /** A stop call answers after this time even when the run has not ended yet. */
  stopWaitMs: 5_000,
  /** How often a driver looks for a stop asked of another server, and extends its lease. */
  heartbeatMs: 1_500,
  /** Pause between looks for queued runs when nobody has called. */
  claimPauseMs: 1_000,
  /** Bytes of a worker's stderr kept for the log line of its end. */
  stderrTailBytes: 4_096,
} as const;
