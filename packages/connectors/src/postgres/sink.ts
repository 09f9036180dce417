import type {
  Sink,
  SinkAgreement,
  SliceWriter,
  SourceOffer,
  TargetPlan,
} from '@sluice/core/connector/contract';
import type { SinkPreview } from '@sluice/core/connector/run-preview';
import type { Column } from '@sluice/core/data/column';
import type { Loss, OddValue } from '@sluice/core/data/loss';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { columnComplaints, columnsDiffer } from '../jdbc/column-pairs.ts';
import { type JobStatement, writingRefusals } from '../jdbc/job-statements.ts';
import { asLosses, isBentByPostgres, type PairLoss } from '../jdbc/losses.ts';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { findRelation, findUserTypes, readTargetColumns, type TableName } from './catalog.ts';
import {
  checkpointTable,
  createCheckpointTable,
  dropCheckpointTable,
  isPreparedBefore,
  readCheckpoints,
} from './checkpoint-table.ts';
import { type PgComparer, sinkComparer } from './comparer.ts';
import { proveCondition } from './condition.ts';
import { asTargetColumn, createdColumns } from './ddl.ts';
import type { WrittenColumn } from './encode.ts';
import { type Phase, translateError } from './errors.ts';
import { NeedsNoTransaction, performAlone, performInTransaction, proveStatement } from './job-statement.ts';
import { fitOf, isBentWithinOther, type TargetColumn } from './pairing.ts';
import { clearingStatements, tableMaking } from './preparation.ts';
import { inTransaction, moveStagedRows, performAfter } from './publish.ts';
import { quoteTable } from './quote.ts';
import { openSegment } from './segment.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';
import { previewSink } from './sink-preview.ts';
import { PgSliceWriter } from './slice-writer.ts';
import { createStageTable, NAME_BYTES_MAX, stageTable } from './stage-tables.ts';
import { takeOver } from './succession.ts';
import { checkNames, existingTargets } from './target-table.ts';
import { neutralOf } from './types.ts';
import { readUniqueKeys, type UniqueKey, writtenKeys } from './unique-keys.ts';

/** Columns of one table. */
const COLUMNS_MAX = 1_600;

/** Refusals of TRUNCATE that DELETE may do without: another table refers to it, or the right is missing. */
const truncateRefusals: ReadonlySet<string> = new Set(['0A000', '42501', '42809']);

/** Writes one table by COPY FROM STDIN. */
export class PgSink implements Sink {
  readonly comparer: PgComparer;
  readonly #sessions: PgSessions;
  readonly #options: SqlSinkOptions;
  readonly #table: TableName;
  readonly #tableText: string;
  readonly #before: JobStatement | null;
  readonly #after: JobStatement | null;

  constructor(sessions: PgSessions, options: SqlSinkOptions) {
    this.#sessions = sessions;
    this.#options = options;
    this.#table = { schema: options.schema, table: options.table };
    this.#tableText = `${options.schema}.${options.table}`;
    this.comparer = sinkComparer(sessions, options);
    this.#before = options.before === null ? null : { option: 'toJobConfig.preSql', sql: options.before };
    this.#after = options.after === null ? null : { option: 'toJobConfig.postSql', sql: options.after };
  }

  async agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }> {
    const names = columnNames ?? this.#options.columns ?? offer.columns.map((column) => column.name);
    checkNames(names, offer.columns);
    for (const name of [this.#table.schema, this.#table.table, ...names]) checkName(name);
    return this.#control('metadata', async (session) => {
      for (const statement of [this.#before, this.#after])
        if (statement !== null) await proveStatement(session, statement);
      const targets = await this.#targets(session, offer.columns, names);
      const losses = offer.columns.flatMap((column, i) => {
        const target = targets[i];
        return target === undefined ? [] : lossesOf(column, target, offer.oddValues ?? new Set());
      });
      const targetTypes = targets.map(({ type }) => type);
      // The columns' own names, which may be others than the job's in case.
      const columnNames = targets.map(({ name }) => name);
      const warnings = await this.#keyWarnings(session, columnNames);
      return { ...choose(offer, targets), warnings, losses, targetTypes, columnNames };
    });
  }

  /** A statement of PostgreSQL finds the row to update by one key; what is said of the others. */
  async #keyWarnings(session: PgSession, names: readonly string[]): Promise<readonly string[]> {
    const { conflict, preparation } = this.#options;
    if (conflict !== 'update' || preparation === 'DROP_AND_CREATE') return [];
    const keys = writtenKeys(await readUniqueKeys(session, this.#table), names);
    const [first, ...others] = keys.map(({ columns }) => columns.map(({ name }) => name).join(', '));
    return others.map(
      (other) =>
        `The row to update is found by (${first}) alone: a row that has the value of another one in (${other}) is refused.`,
    );
  }

  /** The destination columns by position: as they are, or as they will be created. */
  async #targets(
    session: PgSession,
    columns: readonly Column[],
    names: readonly string[],
  ): Promise<readonly TargetColumn[]> {
    const relation = await findRelation(session, this.#table);
    const preparation = this.#options.preparation;
    if (relation === null && preparation === 'DO_NOTHING')
      throw new SluiceError('Cdm.0900', { table: this.#tableText });
    if (relation === null || preparation === 'DROP_AND_CREATE') {
      const userTypes = await findUserTypes(
        session,
        columns.map((column) => column.native),
      );
      if (names.length > COLUMNS_MAX)
        throw new SluiceError('Cdm.0063', {
          table: this.#tableText,
          cause: `a table of PostgreSQL has ${COLUMNS_MAX} columns at most, and not ${names.length}`,
        });
      return createdColumns(columns, names, [], this.#options, userTypes).columns.map(asTargetColumn);
    }
    const targets = existingTargets(relation, names);
    if (this.#options.conflict !== 'refuse')
      await this.#keys(
        session,
        targets.map(({ name }) => name),
      );
    return targets;
  }

  /** Keys that rows of the run can clash in. @throws Cdm.0014 when there is none and the job needs one. */
  async #keys(session: PgSession, columnNames: readonly string[]): Promise<readonly UniqueKey[]> {
    const keys = writtenKeys(await readUniqueKeys(session, this.#table), columnNames);
    if (keys.length === 0) throw writingRefusals.noKey(this.#tableText);
    return keys;
  }

  async prepare(plan: TargetPlan, isRepeated = false): Promise<void> {
    const work = `sluice run ${plan.runKey} prepare`;
    const before = this.#before;
    // Definitions are transactional here: a crash in the middle leaves the destination as it was.
    const atOnce = async (session: PgSession): Promise<void> => {
      await takeOver(session, work, isRepeated);
      await inTransaction(session, async () => {
        if (await isPreparedBefore(session, checkpointTable(this.#table.schema, plan.runKey))) return;
        await this.#makeTable(session, plan);
        if (before !== null) await performInTransaction(session, this.#table.schema, before);
        await this.#makeReady(session, plan);
      });
    };
    if (before === null) {
      await this.#control('create', atOnce);
      return;
    }
    await this.#apart('create', async (session) => {
      try {
        await atOnce(session);
      } catch (error) {
        if (!(error instanceof NeedsNoTransaction)) throw error;
        // Only now the statement may be run twice, when a crash comes before the last of these three.
        await inTransaction(session, () => this.#makeTable(session, plan));
        await performAlone(session, this.#table.schema, before);
        await inTransaction(session, () => this.#makeReady(session, plan));
      }
    });
  }

  /** What makes the table ready for the run's rows, in a transaction with the checkpoint table, which tells of it. */
  async #makeReady(session: PgSession, plan: TargetPlan): Promise<void> {
    await this.#clear(session);
    if (this.#options.isStaged) {
      const stage = stageTable(this.#table, plan.runKey);
      const hasKeys = this.#options.conflict === 'refuse';
      await createStageTable(session, this.#table, stage, plan.columnNames, hasKeys);
    }
    await createCheckpointTable(session, checkpointTable(this.#table.schema, plan.runKey));
  }

  async #makeTable(session: PgSession, plan: TargetPlan): Promise<void> {
    const { statements } = await tableMaking(session, this.#options, plan);
    for (const { sql } of statements) await session.query(sql);
  }

  async #clear(session: PgSession): Promise<void> {
    const { clearing } = this.#options;
    const [first, fallback] = clearingStatements(this.#table, clearing);
    if (first === undefined) return;
    try {
      if (clearing.kind === 'where') await proveCondition(session, this.#table, clearing.where);
      if (fallback === undefined) await session.query(first.sql);
      else await this.#empty(session, first.sql, fallback.sql);
    } catch (error) {
      throw translateError(error, 'clear', this.#tableText);
    }
  }

  async #empty(session: PgSession, sql: string, fallback: string): Promise<void> {
    await session.query('SAVEPOINT emptying');
    try {
      await session.query(sql);
    } catch (error) {
      if (!(error instanceof ServerError && truncateRefusals.has(error.sqlState))) throw error;
      await session.query('ROLLBACK TO SAVEPOINT emptying');
      await session.query(fallback);
    }
  }

  preview(plan: TargetPlan): Promise<SinkPreview> {
    const statements = { before: this.#before, after: this.#after };
    return this.#control('metadata', (session) => previewSink(session, this.#options, statements, plan));
  }

  async openWriter(plan: TargetPlan, slice: Slice, isRepeated = false): Promise<SliceWriter> {
    const session = await this.#sessions.openData();
    try {
      await takeOver(session, `sluice run ${plan.runKey} slice ${slice.no}`, isRepeated);
      const checkpoints = checkpointTable(this.#table.schema, plan.runKey);
      const into = this.#options.isStaged ? stageTable(this.#table, plan.runKey) : this.#table;
      const [columns, durable] = await Promise.all([
        readTargetColumns(session, into),
        readCheckpoints(session, checkpoints, slice.no),
      ]);
      if (columns === null) throw new SluiceError('Cdm.0900', { table: `${into.schema}.${into.table}` });
      const written = plan.columnNames.flatMap((name, i): WrittenColumn[] => {
        const native = columns.get(name);
        const source = plan.sourceColumns[i]?.type;
        if (native === undefined || source === undefined) return [];
        return [{ name, native, target: neutralOf(native), source }];
      });
      if (written.length !== plan.columnNames.length)
        throw columnsDiffer(
          [...columns.keys()],
          plan.columnNames,
          columnComplaints.missing(
            this.#tableText,
            plan.columnNames.filter((name) => !columns.has(name)),
          ),
        );
      const { conflict, isStaged } = this.#options;
      const isMerged = conflict !== 'refuse' && !isStaged;
      const keys = isMerged ? await this.#keys(session, plan.columnNames) : [];
      const target = {
        table: into,
        columns: written,
        form: plan.form,
        checkpoints,
        segment: isMerged ? await openSegment(session, this.#table, plan.columnNames, conflict, keys) : null,
      };
      return new PgSliceWriter(session, target, slice.no, durable.get(slice.no) ?? null, () =>
        this.#sessions.release(session),
      );
    } catch (error) {
      this.#sessions.release(session);
      throw translateError(error, 'load', this.#tableText);
    }
  }

  checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>> {
    const table = checkpointTable(this.#table.schema, plan.runKey);
    return this.#control('load', (session) => readCheckpoints(session, table, null));
  }

  async finish(plan: TargetPlan, outcome: 'publish' | 'discard'): Promise<void> {
    const checkpoints = checkpointTable(this.#table.schema, plan.runKey);
    const { isStaged, conflict } = this.#options;
    const after = outcome === 'publish' ? this.#after : null;
    if (!isStaged && after === null) {
      // Rows go straight into the destination, so there is nothing to publish, and rows that were committed stay.
      await this.#control('load', (session) => dropCheckpointTable(session, checkpoints));
      return;
    }
    const stage = stageTable(this.#table, plan.runKey);
    if (outcome === 'discard') {
      await this.#control('load', async (session) => {
        // A move may be under way still, whose worker was stopped.
        await takeOver(session, `sluice run ${plan.runKey} finish`, true);
        await inTransaction(session, async () => {
          await session.query(`DROP TABLE IF EXISTS ${quoteTable(stage)}`);
          await dropCheckpointTable(session, checkpoints);
        });
      });
      return;
    }
    await this.#apart('load', async (session) => {
      // Nobody else has work here any more: who is still at it was given up.
      await takeOver(session, `sluice run ${plan.runKey} finish`, true);
      if (isStaged) {
        const { columnNames } = plan;
        const keepsCheckpoints = after !== null;
        const rows = { table: this.#table, stage, checkpoints, columnNames, conflict, keepsCheckpoints };
        await moveStagedRows(session, rows);
      }
      if (after !== null) await performAfter(session, checkpoints, after);
    });
  }

  /** Works in a session that nobody gets afterwards: who knows what a statement of the user's leaves in it. */
  async #apart<T>(phase: Phase, work: (session: PgSession) => Promise<T>): Promise<T> {
    const session = await this.#sessions.openData();
    try {
      return await work(session);
    } catch (error) {
      throw translateError(error, phase, this.#tableText);
    } finally {
      this.#sessions.discard(session);
    }
  }

  #control<T>(phase: Phase, work: (session: PgSession) => Promise<T>): Promise<T> {
    return this.#sessions.withControl(async (session) => {
      try {
        return await work(session);
      } catch (error) {
        throw translateError(error, phase, this.#tableText);
      }
    });
  }
}

/** The best form that both ends know for these columns, and the casts it needs. */
function choose(
  offer: SourceOffer,
  targets: readonly TargetColumn[],
): Pick<SinkAgreement, 'projection' | 'reason'> {
  const plain = offer.columns.map(({ name }) => ({ name, cast: null }));
  if (!offer.forms.includes('pgcopy-binary')) {
    return { projection: { form: 'rows', columns: plain }, reason: 'the source does not speak COPY BINARY' };
  }
  const columns: { name: string; cast: string | null; wireType: string }[] = [];
  for (const [i, column] of offer.columns.entries()) {
    const target = targets[i];
    // A label is the binary form of an enumeration.
    const wireType = target?.isEnum ? 'text' : (target?.native ?? '');
    // What PostgreSQL would change as it reads it in binary is looked at value by value.
    const isBent = target !== undefined && !target.isEnum && isBentByPostgres(column.type, target.type);
    const sent = isBent ? null : (offer.sendAs?.('pgcopy-binary', column, wireType) ?? null);
    if (sent === null) {
      const types = `${column.native} into ${target?.native ?? 'nothing'}`;
      return {
        projection: { form: 'rows', columns: plain },
        reason: `column "${column.name}", ${types}, cannot travel as COPY BINARY`,
      };
    }
    columns.push({ name: column.name, cast: sent.cast, wireType });
  }
  const casts = columns.filter(({ cast }) => cast !== null).length;
  const who = offer.byteFormsBy ?? 'both ends speak COPY BINARY';
  return {
    projection: { form: 'pgcopy-binary', columns },
    reason:
      casts === 0
        ? `${who}, no column is cast`
        : `${who}; the source casts ${casts} of ${columns.length} columns`,
  };
}

/** What a column may lose. @throws Cdm.0921 when no value of the one can be a value of the other. */
function lossesOf(column: Column, target: TargetColumn, sent: ReadonlySet<OddValue>): readonly Loss[] {
  const ends = { column: target.name, from: column.native, to: target.native };
  const losses: PairLoss[] = [];
  if (column.native !== target.native || sent.has('nulCharacter')) {
    const fit = fitOf(column.type, target.type, sent);
    if (fit === null || isBentWithinOther(column, target))
      throw new SluiceError('Cdm.0921', {
        type: `${column.native} (column "${column.name}") into ${target.native}`,
      });
    losses.push(...fit);
    if (target.native === 'jsonb' && column.type.kind === 'json') losses.push({ kind: 'json' });
    if (column.type.kind === 'other' && target.type.kind === 'text') losses.push({ kind: 'asText' });
  }
  if (column.isNullable && !target.isNullable) losses.push({ kind: 'nulls' });
  return asLosses(losses, ends);
}

function checkName(name: string): void {
  if (Buffer.byteLength(name, 'utf8') > NAME_BYTES_MAX)
    throw new SluiceError('Cdm.0085', { name, max: `${NAME_BYTES_MAX} bytes` });
}
