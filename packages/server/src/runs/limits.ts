/** Limits of the runs room: one place, each with its unit. */
export const runLimits = {
  /** Runs driven at once by one server; more stay queued. Of one cluster no more than it may read slices at once. */
  drivenRunsMax: 64,
  /** Of these, places that only a project takes of which no run is driven: one with a thousand queued runs leaves them to others. */
  drivenRunsKeptForOthers: 8,
  /** Worker processes for the steps of runs (plan, prepare, verify, finish) beside those that move slices, over all clusters. A step may wait for a lock. */
  stepWorkersMax: 8,
  /** Of these, for the clusters of one project: whoever waits for locks must not keep others waiting. */
  stepWorkersPerProjectMax: 4,
  /** Worker processes for what must never wait behind a lock: link tests, and the removal of a stopped run's traces. */
  promptWorkersMax: 4,
  /** Of these, for the clusters of one project. */
  promptWorkersPerProjectMax: 2,
  /** Worker processes that look at the systems behind links, for staged tests, lists and previews, over all clusters. */
  inspectWorkersMax: 4,
  /** Of these, for the clusters of one project. */
  inspectWorkersPerProjectMax: 2,
  /** Such questions under way or waiting; a further one is refused. */
  inspectionsMax: 32,
  /** Of these, of one project: whoever asks of many servers that do not answer leaves others room to ask. */
  inspectionsPerProjectMax: 8,
  /** Worker processes that plan what is not run, over all clusters. */
  previewWorkersMax: 3,
  /** Of these, for the clusters of one project. */
  previewWorkersPerProjectMax: 2,
  /** Such plans under way or waiting; a further one is refused. */
  plansMax: 8,
  /** Of these, of one project. */
  plansPerProjectMax: 4,
  /** A plan of one table, or of the tables of one page, may take this long, its turn and the test of its links included, in milliseconds. */
  planMs: 90_000,
  /** Each link of a plan has this long for the stages of its test, in milliseconds; both are tested at once. */
  planTestMs: 15_000,
  /** Characters of all statements that one plan shows; the rest is cut off. */
  planCharsMax: 1024 * 1024,
  /** The next table of an entire-database job is planned only while so much of that time is left, in milliseconds. */
  planTableMsMin: 5_000,
  /** A staged link test has this long for all its stages; then what has not answered has failed. */
  stagedTestMs: 30_000,
  /** The database may take this long over the first rows of a table, or over a list. */
  previewMs: 10_000,
  /** On top of both: a worker that must start first, the sign-in, and its turn. */
  inspectSlackMs: 15_000,
  /** Rows of a preview. */
  previewRowsMax: 1_000,
  /** Values of a preview together, as JSON text in bytes. */
  previewBytesMax: 1024 * 1024,
  /** Characters of one value of a preview, or bytes of a binary one. */
  previewValueCharsMax: 4_096,
  /** Tasks that may wait for a worker; beyond that a task is refused. */
  waitingTasksMax: 20_000,
  /** The same of one cluster. */
  waitingTasksPerClusterMax: 10_000,
  /** Projects and clusters of which it is known when they were served last, to give the next slot to whoever waits longest. */
  turnsRememberedMax: 10_000,
  /** Beyond the machine's number of processes, those that a cluster may start for its first snapshot while others hold theirs. */
  snapshotNewcomersMax: 4,
  /** Pause before another worker is started ahead in place of one that was put to use, in milliseconds: the task that came first has the machine first. */
  spareWorkerPauseMs: 250,
  /** The least heap of a worker, in MiB, however small the machine. */
  workerMemoryMinMb: 64,
  /** The part of the machine's memory that the workers which move slices may use together. */
  workersMemoryShare: 0.75,
  /** Closing a cluster's pool waits so long for its processes to be gone, in milliseconds. */
  poolCloseMs: 2_000,
  /** A worker's memory and CPU time are looked up no more often than this, in milliseconds. */
  vitalsAgeMs: 1_000,
  /** How often a slice may be tried that loses its worker process, or meets a checkpoint that is not its own, before the run fails. */
  attemptsPerSliceMax: 8,
  /** The same for a step. */
  attemptsPerStepMax: 5,
  /** The same where the memory of a worker did not suffice, which seldom changes from one time to the next. */
  attemptsOutOfMemoryMax: 3,
  /** Pause before such another attempt, in milliseconds. */
  attemptPauseMs: 50,
  /** Pause before a slice that failed is moved again because its job says so (`splitRetryTime`), in milliseconds. */
  sliceRetryPauseMs: 1_000,
  /** How often the source's snapshot may be lost and taken anew before the rest of a run is read without one. */
  snapshotRenewalsMax: 5,
  /** A lane that is not ready to join the snapshot within this time, in milliseconds, is left out. */
  snapshotReadyMs: 15_000,
  /** The same for joining it, while the source may keep others from writing. */
  snapshotJoinMs: 2_500,
  /** A slice or step that met an error which may pass, a lost connection above all, is tried again for so long, counted from the first of them without a commit in between. A server that restarts is back by then. */
  passingErrorsMs: 30_000,
  /** The same while a run is being planned: a wrong address is to be told soon. */
  passingErrorsPlanMs: 2_000,
  /** Pause before the first such attempt, in milliseconds; doubles each time. */
  passingPauseMs: 200,
  /** The longest of these pauses. */
  passingPauseMaxMs: 4_000,
  /** How often a run may be taken up again, by this or another server, without a commit in between, before it fails: a run that brings down whoever drives it must not do so for ever. */
  fruitlessClaimsMax: 30,
  /** Each half of the young part of a worker's JavaScript heap, in MiB. V8's own 16 let garbage lie for 20 MB more; 1 costs rows that travel as values a third more CPU. */
  workerYoungHeapMb: 4,
  /** A worker process must report itself ready within this time. */
  workerStartMs: 15_000,
  /** Names that the server itself looks up at once, each with a thread of the process, and how long it waits for one, in milliseconds. */
  earlyLookupsMax: 2,
  earlyLookupMs: 2_000,
  /** Tests of links under way or waiting, and of these those of one project: they must not take the places where tasks of runs wait. */
  linkChecksMax: 256,
  linkChecksPerProjectMax: 64,
  /** A link test ends after this time, whatever the network does. */
  linkCheckMs: 60_000,
  /** Rows that are kept of those that a run set aside; more are only counted. */
  quarantineRowsMax: 20_000,
  /** The same in characters, as they rest sealed. */
  quarantineCharsMax: 64 * 1024 * 1024,
  /** Rows of one replay, and their sealed characters: they travel in one message. More take another replay. */
  replayRowsMax: 5_000,
  replayCharsMax: 8 * 1024 * 1024,
  /** Replays carried out at once by one server, each of another project: one that waits for its destination delays its own only. */
  replaysMax: 4,
  /** One attempt at a replay may take this long. */
  replayMs: 60_000,
  /** A replay that is under way is left alone by others for so long behind each sign of life, in milliseconds. */
  replayLeaseMs: 15_000,
  replayBeatMs: 4_000,
  /** Pause before a replay is tried again, first and at the longest; doubled each time. */
  replayFirstPauseMs: 1_000,
  replayLongestPauseMs: 6 * 60 * 60 * 1_000,
  /** How often it is looked for replays that are due. */
  replayPauseMs: 5_000,
  /** Whoever asks for a replay waits so long for its end. */
  replayWaitMs: 10_000,
  /** Replays of a run that are listed. */
  replaysListedMax: 100,
  /** A run that failed or was stopped may be resumed for this long: 7 days. Then its checkpoint table is removed. */
  resumeWindowMs: 7 * 24 * 60 * 60 * 1_000,
  /** Asking the destination of a run that is to be resumed what it holds of it may take this long. */
  resumeCheckMs: 15_000,
  /** Pause before the removal of a trace is tried again, first and at the longest; doubled each time. */
  traceFirstPauseMs: 60_000,
  traceLongestPauseMs: 6 * 60 * 60 * 1_000,
  /** Removals of one trace before it is given up, about ten days in all. */
  traceAttemptsMax: 48,
  /** One removal may take this long. */
  traceRemovalMs: 15_000,
  /** How often it is looked for traces that are due, and how many are removed at one look. */
  tracePauseMs: 30_000,
  tracesPerLookMax: 100,
  /** Deleting a link or a cluster may wait this long for the removal of what its runs left. */
  traceClearingMs: 4_000,
  /** Removing the traces of a stopped run from the destination may take this long while somebody waits for the stop, then it is given up. */
  discardMs: 2_500,
  /** The same where nobody waits: after a failure, or when the run was found after a restart and a worker must start first. */
  discardPatientMs: 15_000,
  /** A stop call answers after this time even when the run has not ended yet. */
  stopWaitMs: 5_000,
  /** How often a driver looks for a stop asked of another server, and extends its lease. */
  heartbeatMs: 1_500,
  /** Further runs of a job that is to be retried (`RETRY_TRIPLE`) after one that failed. */
  retriesMax: 3,
  /** Pause before each of them, in milliseconds. */
  retryPauseMs: 10_000,
  /** Tables that an entire-database job moves at once when it does not say. */
  tablesAtOnceDefault: 10,
  /** Tables of one run of an entire-database job; of a schema with more, lists name the tables of several jobs. */
  tablesPerBatchMax: 10_000,
  /** The catalog may take this long over the list of its tables, in milliseconds. */
  tableListMs: 30_000,
  /** Of the tables that failed so many are named in the failure of their run; all of them are in its list of tables. */
  failedTablesTold: 20,
  /** Pause between looks for queued runs when nobody has called. */
  claimPauseMs: 1_000,
  /** A slice's rate is taken over this time at least, and twice as long at most, in milliseconds. */
  rateWindowMs: 2_000,
  /** What a throttled run may save up of its rate while its slices read less, in milliseconds of the rate. */
  rateSavedMs: 500,
  /** How often a throttled run that backs off compares what its source delivers with what it may, in milliseconds. */
  backOffWindowMs: 1_000,
  /** Below this part of what it may deliver, a source that is waited for counts as slow. */
  backOffShare: 0.8,
  /** The rate of a run that backs off is never less than this part of the job's. */
  backOffFloor: 0.1,
  /** How much more is allowed for the next window when the source kept up, as a factor. */
  backOffRecovery: 1.25,
  /** A run's state is told from memory as long as its driver has heard of the store within this time, in milliseconds. */
  recordFreshMs: 4_000,
  /** Verifications driven at once by one server; more wait. Their tasks take turns with the slices of runs. */
  verificationsMax: 8,
  /** Of these, of one project; others find a place whatever one has queued. */
  verificationsPerProjectMax: 4,
  /** Pause between looks for verifications that nobody has in hand, in milliseconds. */
  verificationPauseMs: 2_000,
  /** Verifications of a run that are listed. */
  verificationsListedMax: 100,
  /** Bytes of a worker's stderr kept for the log line of its end. */
  stderrTailBytes: 4_096,
} as const;

/** Limits of files that an expression has fetched. */
export const downloadLimits = {
  /** Size of one file, in bytes. */
  bytesMax: 16 * 1024 * 1024,
  /** From the question to the last byte, in milliseconds. */
  timeMs: 30_000,
} as const;
