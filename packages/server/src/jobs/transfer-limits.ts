/** Limits of files with links and jobs: one place, each with its unit. */
export const transferLimits = {
  /** A file, in bytes as JSON without blanks: the published limit of imports. */
  fileBytesMax: 1024 * 1024,
  /** Links, or jobs, of one file: more do not fit into its bytes. */
  itemsMax: 10_000,
  /** Jobs read at once while they are gathered. */
  jobsPerLook: 500,
} as const;
