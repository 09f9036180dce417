/** Limits of the commands that ask a server: one place, each with its unit. */
export const clientLimits = {
  /** A server answers a plan within 90 s; what takes longer than this has failed, in milliseconds. */
  answerMs: 120_000,
  /** Of one answer, in bytes. */
  answerBytesMax: 64 * 1024 * 1024,
} as const;
