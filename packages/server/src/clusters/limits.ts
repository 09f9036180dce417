/** Limits of the clusters room: one place, each with its unit. */
export const clusterLimits = {
  /** A creation is not reported done before this time, in milliseconds: clients that poll see both states, as they would elsewhere. */
  createDelayMs: 500,
  /** What met an error, a store that is away for instance, is tried again after this time, in milliseconds. */
  retryMs: 5_000,
  /** How often it is looked whether the runs that an action waits for have ended, in milliseconds. */
  drainPauseMs: 500,
  /** Runs of a cluster that are stopped at once. */
  stopsAtOnceMax: 32,
  /** Longest delay that a stop or restart may ask for, in seconds: one day. */
  delayMaxSeconds: 86_400,
  /** Characters of a cluster's name. */
  nameCharsMax: 64,
  /** Network cards of a cluster. */
  nicsMax: 2,
  /** Telephone numbers, and mail addresses, for notices. */
  contactsMax: 20,
  /** A cluster that stops when idle has been idle for so long, in milliseconds: 15 minutes. */
  idleOffMs: 15 * 60_000,
  /** Pause between looks for what is due, in milliseconds. */
  lookPauseMs: 1_000,
  /** Pause between looks whether a cluster is idle, in milliseconds. */
  idlePauseMs: 10_000,
} as const;
