import type { TargetPlan } from '@sluice/core/connector/contract';
import type { JobStatement } from '../jdbc/job-statements.ts';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { requireTable } from './catalog.ts';
import { CheckpointTable, type Step } from './checkpoint-table.ts';
import { performOnce, proveStatement } from './job-statement.ts';
import { quoteTable } from './names.ts';
import { moveStagedRows } from './publish.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { createStageTable, stageName } from './stage-table.ts';
import { takeOver } from './succession.ts';

/** Short names of steps, for locks. */
const lockNames = { 'statement before': 'pre', move: 'move', 'statement after': 'post' } as const;

/** The name of the lock of a piece of work of a run. */
export function lockName(plan: TargetPlan, work: string): string {
  return `sluice_${plan.runKey}_${work}`;
}

/**
 * What is done once for a whole run beside its slices: statements of the user's, the staging table and its move. Each step is
 * marked in the checkpoint table, in its own transaction.
 */
export class RunSteps {
  readonly before: JobStatement | null;
  readonly after: JobStatement | null;
  readonly #sessions: Sessions;
  readonly #options: SqlSinkOptions;

  constructor(sessions: Sessions, options: SqlSinkOptions) {
    this.#sessions = sessions;
    this.#options = options;
    this.before = options.before === null ? null : { option: 'toJobConfig.preSql', sql: options.before };
    this.after = options.after === null ? null : { option: 'toJobConfig.postSql', sql: options.after };
  }

  /** @throws Cdm.0902 when one of the statements is not one. */
  async prove(session: Session): Promise<void> {
    for (const statement of [this.before, this.after]) {
      if (statement !== null) await proveStatement(session, statement);
    }
  }

  /** Whether the statement before the import was run. */
  async isBehindFirst(session: Session, checkpoints: CheckpointTable): Promise<boolean> {
    return this.before !== null && (await checkpoints.steps(session))?.has('statement before') === true;
  }

  /** Runs the statement before the import, if there is one; the checkpoint table comes first, for the mark. */
  async performBefore(session: Session, plan: TargetPlan, checkpoints: CheckpointTable): Promise<void> {
    if (this.before === null) return;
    await checkpoints.create(session);
    await this.#perform(plan, checkpoints, 'statement before', this.before);
  }

  /** Where writers of the run write to. */
  tableOf(plan: TargetPlan): string {
    const { table, isStaged } = this.#options;
    return isStaged ? stageName(table, plan.runKey) : table;
  }

  /** Makes the staging table, in staged mode. */
  async makeStage(session: Session, plan: TargetPlan): Promise<void> {
    const { schema, table, isStaged } = this.#options;
    if (!isStaged) return;
    const { columnNames } = plan;
    await createStageTable(session, { schema, table, stage: this.tableOf(plan), columnNames });
  }

  /**
   * What comes behind the last row, but for the tables that are dropped: the move, then the user's statement. Without a
   * checkpoint table all of it was done before.
   */
  async publish(plan: TargetPlan): Promise<void> {
    const { schema, table, isStaged } = this.#options;
    if (!isStaged && this.after === null) return;
    const checkpoints = new CheckpointTable(schema, plan.runKey);
    const session = await this.#sessions.openOwn('write');
    try {
      // Nobody else has work here any more: who is still at it was given up.
      await takeOver(session, lockName(plan, 'end'), true, schema);
      const steps = await checkpoints.steps(session);
      if (steps === null) return;
      if (isStaged && !steps.has('move')) {
        const { columnNames } = plan;
        const found = await requireTable(session, schema, table);
        const written = new Set(columnNames.map((name) => name.toLowerCase()));
        const hasIdentity = found.shape.columns.some(
          ({ name }, at) => found.native[at]?.isIdentity === true && written.has(name.toLowerCase()),
        );
        const rows = { schema, table, stage: this.tableOf(plan), columnNames, hasIdentity };
        await moveStagedRows(session, rows, checkpoints);
      }
      if (this.after !== null && !steps.has('statement after'))
        await this.#perform(plan, checkpoints, 'statement after', this.after);
    } finally {
      await session.close();
    }
  }

  /**
   * Drops the tables of ours: from then on no writer of the run can commit.
   * @param isGivenUp a move may be under way still, whose worker was stopped: it is ended first.
   */
  async dropTables(session: Session, plan: TargetPlan, isGivenUp: boolean): Promise<void> {
    const { schema, isStaged } = this.#options;
    if (isStaged) {
      if (isGivenUp) await takeOver(session, lockName(plan, 'end'), true, schema);
      const stage = this.tableOf(plan);
      await session.run(
        `DROP TABLE IF EXISTS ${quoteTable(schema, stage)}`,
        {},
        'write',
        `${schema}.${stage}`,
      );
    }
    await new CheckpointTable(schema, plan.runKey).drop(session);
  }

  async #perform(
    plan: TargetPlan,
    checkpoints: CheckpointTable,
    step: Step,
    statement: JobStatement,
  ): Promise<void> {
    const session = await this.#sessions.openOwn('write');
    try {
      await takeOver(session, lockName(plan, lockNames[step]), true, this.#options.schema);
      await performOnce(session, statement, checkpoints, step);
    } finally {
      await session.close();
    }
  }
}
