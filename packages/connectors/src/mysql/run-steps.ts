import type { TargetPlan } from '@sluice/core/connector/contract';
import type { JobStatement } from '../jdbc/job-statements.ts';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { arrivalColumnName } from '../jdbc/stage-name.ts';
import { CheckpointTable, type Step } from './checkpoint-table.ts';
import { performOnce, proveStatement } from './job-statement.ts';
import { quoteTable } from './names.ts';
import { moveStagedRows } from './publish.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { createStageTable, stageName } from './stage-table.ts';
import { takeOver } from './succession.ts';

/**
 * What is done once for a whole run beside its slices: statements of the user's, the staging table and its move. Each step is
 * marked in the checkpoint table, and works in a session that nobody gets afterwards.
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
  async prove(): Promise<void> {
    for (const statement of [this.before, this.after]) {
      if (statement === null) continue;
      const session = await this.#sessions.openOwn('read', null);
      try {
        await proveStatement(session, this.#options.schema, statement);
      } finally {
        await session.close();
      }
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
    const { schema: database, table, isStaged, conflict } = this.#options;
    if (!isStaged) return;
    const { columnNames } = plan;
    const hasKeys = conflict === 'refuse';
    await createStageTable(session, { database, table, stage: this.tableOf(plan), columnNames, hasKeys });
  }

  /**
   * What comes behind the last row, but for the tables that are dropped: the move, then the user's statement. Without a
   * checkpoint table all of it was done before.
   */
  async publish(plan: TargetPlan): Promise<void> {
    const { schema, table, isStaged, conflict } = this.#options;
    if (!isStaged && this.after === null) return;
    const checkpoints = new CheckpointTable(schema, plan.runKey);
    const session = await this.#sessions.openOwn('write', null);
    try {
      // Nobody else has work here any more: who is still at it was given up.
      await this.#takeOver(session, plan, 'finish');
      const steps = await checkpoints.steps(session);
      // Ends the snapshot of the look: what others have done since is seen.
      await session.run('COMMIT', 'write', schema);
      if (steps === null) return;
      if (isStaged && !steps.has('move')) {
        const { columnNames } = plan;
        const arrival = arrivalColumnName(columnNames);
        const rows = { database: schema, table, stage: this.tableOf(plan), columnNames, conflict, arrival };
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
      if (isGivenUp) await this.#takeOver(session, plan, 'finish');
      const stage = this.tableOf(plan);
      const quoted = quoteTable(schema, stage);
      await session.run(`DROP TABLE IF EXISTS ${quoted}`, 'write', `${schema}.${stage}`);
    }
    await new CheckpointTable(schema, plan.runKey).drop(session);
  }

  async #perform(
    plan: TargetPlan,
    checkpoints: CheckpointTable,
    step: Step,
    statement: JobStatement,
  ): Promise<void> {
    const session = await this.#sessions.openOwn('write', null);
    try {
      await this.#takeOver(session, plan, step.replace(' ', '_'));
      await performOnce(session, this.#options.schema, statement, checkpoints, step);
    } finally {
      await session.close();
    }
  }

  #takeOver(session: Session, plan: TargetPlan, work: string): Promise<void> {
    return takeOver(session, `sluice_run_${plan.runKey}_${work}`, true, this.#options.schema);
  }
}
