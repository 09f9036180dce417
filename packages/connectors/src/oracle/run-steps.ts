import type { TargetPlan } from '@sluice/core/connector/contract';
import type { JobStatement } from '../jdbc/job-statements.ts';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { CheckpointTable, type Step } from './checkpoint-table.ts';
import { performOnce, proveStatement } from './job-statement.ts';
import { moveStagedRows } from './publish.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { createStageTable, dropStageTable, stageName } from './stage-table.ts';
import { takeOver } from './succession.ts';

/** Where a run writes to, by the table's own names. */
export interface Place {
  readonly schema: string;
  readonly table: string;
  /** By position, as the table spells them. */
  readonly columnNames: readonly string[];
}

export interface StepTools {
  readonly sessions: Sessions;
  readonly options: SqlSinkOptions;
  readonly log: (line: string) => void;
}

/**
 * What is done once for a whole run beside its slices: statements of the user's, the staging table and its move. Each step is
 * marked in the checkpoint table, and works in a session that nobody gets afterwards.
 */
export class RunSteps {
  readonly before: JobStatement | null;
  readonly after: JobStatement | null;
  readonly #tools: StepTools;

  constructor(tools: StepTools) {
    this.#tools = tools;
    const { before, after } = tools.options;
    this.before = before === null ? null : { option: 'toJobConfig.preSql', sql: before };
    this.after = after === null ? null : { option: 'toJobConfig.postSql', sql: after };
  }

  /** @throws Cdm.0902 when one of the statements is not one. */
  prove(): void {
    for (const statement of [this.before, this.after]) if (statement !== null) proveStatement(statement);
  }

  /** Whether the statement before the import was run. */
  async isBehindFirst(session: Session, checkpoints: CheckpointTable): Promise<boolean> {
    return this.before !== null && (await checkpoints.steps(session))?.has('statement before') === true;
  }

  /** Runs the statement before the import, if there is one; the checkpoint table comes first, for the mark. */
  async performBefore(
    session: Session,
    plan: TargetPlan,
    place: Place,
    checkpoints: CheckpointTable,
  ): Promise<void> {
    if (this.before === null) return;
    await checkpoints.create(session);
    await this.#perform(plan, place, checkpoints, 'statement before', this.before);
  }

  /** Where writers of the run write to. */
  tableOf(plan: TargetPlan, { table }: Place): string {
    return this.#tools.options.isStaged ? stageName(table, plan.runKey) : table;
  }

  /** Makes the staging table, in staged mode. */
  async makeStage(session: Session, plan: TargetPlan, place: Place): Promise<void> {
    if (!this.#tools.options.isStaged) return;
    await createStageTable(session, { ...place, stage: this.tableOf(plan, place) });
  }

  /**
   * What comes behind the last row, but for the tables that are dropped: the move, then the user's statement. Without a
   * checkpoint table all of it was done before.
   */
  async publish(plan: TargetPlan, place: Place): Promise<void> {
    const { sessions, options } = this.#tools;
    if (!options.isStaged && this.after === null) return;
    const checkpoints = new CheckpointTable(place.schema, plan.runKey);
    const session = await sessions.openOwn(place.schema);
    try {
      // Nobody else has work here any more: who is still at it was given up.
      await this.#takeOver(session, plan, place, 'finish');
      const steps = await checkpoints.steps(session);
      if (steps === null) return;
      if (options.isStaged && !steps.has('move'))
        await moveStagedRows(session, { ...place, stage: this.tableOf(plan, place) }, checkpoints);
      if (this.after !== null && !steps.has('statement after'))
        await this.#perform(plan, place, checkpoints, 'statement after', this.after);
    } finally {
      await session.close();
    }
  }

  /**
   * Drops the tables of ours: from then on no writer of the run can commit.
   * @param isGivenUp a move may be under way still, whose worker was stopped: it is ended first.
   */
  async dropTables(session: Session, plan: TargetPlan, place: Place, isGivenUp: boolean): Promise<void> {
    if (this.#tools.options.isStaged) {
      if (isGivenUp) await this.#takeOver(session, plan, place, 'finish');
      await dropStageTable(session, place.schema, this.tableOf(plan, place));
    }
    await new CheckpointTable(place.schema, plan.runKey).drop(session);
  }

  async #perform(
    plan: TargetPlan,
    place: Place,
    checkpoints: CheckpointTable,
    step: Step,
    statement: JobStatement,
  ): Promise<void> {
    const session = await this.#tools.sessions.openOwn(place.schema);
    try {
      await this.#takeOver(session, plan, place, step.replace(' ', '_'));
      await performOnce(session, statement, checkpoints, step);
    } finally {
      await session.close();
    }
  }

  #takeOver(session: Session, plan: TargetPlan, { schema }: Place, work: string): Promise<void> {
    return takeOver(session, `sluice_run_${plan.runKey}_${work}`, true, schema, this.#tools.log);
  }
}
