/** What a statement at the destination is for, in the order in which a run comes to them. */
export const statementPurposes = [
  'create_schema',
  'drop_table',
  'create_table',
  'statement_before',
  'clear',
  'create_stage',
  'create_checkpoints',
  /** Once in the session of each writer, ahead of its rows. */
  'open_writer',
  /** Rows of a slice. */
  'write',
  /** Ahead of each commit, rows that were collected in the writer's session. */
  'merge',
  'move_staged_rows',
  'drop_stage',
  'statement_after',
  'drop_checkpoints',
] as const;
export type StatementPurpose = (typeof statementPurposes)[number];

/** One statement that a run sends to its destination. */
export interface PlannedStatement {
  readonly purpose: StatementPurpose;
  /** The text as it is sent. What stands in it for the run's key is the key of the plan that was asked about. */
  readonly sql: string;
  /** Sent only when the one ahead of it is refused for a reason that this one does without. */
  readonly isFallback?: true;
  /** Made from definitions that are there only once the run has made them: the run may spell types or keys another way. */
  readonly isDraft?: true;
  /** Only its beginning: the whole is too long to be shown. */
  readonly isCut?: true;
}

/** A right that a run needs at one of its ends, and whether the user of the link has it. */
export interface RightFinding {
  /** In the system's own words: `CREATE`. */
  readonly right: string;
  /** On what: `schema shop`, `table shop.orders`. */
  readonly on: string;
  /** `unknown`: the system does not tell without being tried. */
  readonly state: 'granted' | 'missing' | 'unknown';
}

/**
 * On what an estimate rests. `optimizer`: the database's own forecast of the very statement, row filter and all;
 * `statistics`: what it knows of the whole table, spread evenly over the slices, a row filter not counted.
 */
export const estimateBases = ['optimizer', 'statistics'] as const;
export type EstimateBasis = (typeof estimateBases)[number];

/** One slice as it would be read. */
export interface SlicePreview {
  /** The statement as `read` sends it from the slice's start, made by the same function. */
  readonly sql: string;
  /** As for a statement at the destination. */
  readonly isCut?: true;
  /** null: nobody knows. */
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number | null;
  /** null: there is no estimate. */
  readonly basis: EstimateBasis | null;
}

/** What a source would do. */
export interface SourcePreview {
  /** By position those that were asked about. */
  readonly slices: readonly SlicePreview[];
  readonly rights: readonly RightFinding[];
}

/** What a sink would do, in order. */
export interface SinkPreview {
  readonly statements: readonly PlannedStatement[];
  readonly rights: readonly RightFinding[];
}
