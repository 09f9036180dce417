import type {
  Host,
  Sink,
  SinkAgreement,
  SliceWriter,
  SourceOffer,
  TargetPlan,
} from '@sluice/core/connector/contract';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { ArrayLoader } from './array-loader.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { clearTable } from './clear-table.ts';
import { writtenColumn } from './encode.ts';
import { findName, quoteTable } from './names.ts';
import { type Place, RunSteps } from './run-steps.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { takeOver } from './succession.ts';
import { lossesOf, readCharacterSets, targetColumns } from './target-table.ts';
import { OracleSliceWriter } from './writer.ts';

export interface SinkTools {
  readonly host: Host;
  readonly sessions: Sessions;
}

/** Types that CREATE TABLE … AS SELECT does not take. */
const unstaged = /^LONG/;

/** Writes one table by arrays of INSERT. */
export class OracleSink implements Sink {
  readonly #tools: SinkTools;
  readonly #options: SqlSinkOptions;
  readonly #steps: RunSteps;
  readonly #log: (line: string) => void;
  /** The table as it was found first. */
  #table: CatalogTable | null = null;

  constructor(tools: SinkTools, options: SqlSinkOptions) {
    this.#tools = tools;
    this.#options = options;
    this.#log = (line) => tools.host.log(line);
    this.#steps = new RunSteps({ sessions: tools.sessions, options, log: this.#log });
  }

  async agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }> {
    const { columns: listed, isStaged } = this.#options;
    const names = columnNames ?? listed ?? offer.columns.map((column) => column.name);
    refuseUnoffered(this.#options);
    this.#steps.prove();
    return await this.#with(async (session) => {
      const table = await this.#find(session);
      const targets = targetColumns(names, offer, table, await readCharacterSets(session));
      const long = targets.find(({ dataType }) => unstaged.test(dataType));
      if (isStaged && long !== undefined)
        throw new SluiceError('Cdm.0921', { type: `${long.nativeText} (staging table)`, column: long.name });
      const losses = lossesOf(offer, targets);
      return {
        projection: { form: 'rows', columns: offer.columns.map(({ name }) => ({ name, cast: null })) },
        reason: 'Oracle takes rows as arrays of values',
        warnings: [],
        losses,
        targetTypes: targets.map(
          ({ name }) => table.shape.columns.find((column) => column.name === name)?.type ?? null,
        ),
        columnNames: targets.map(({ name }) => name),
      };
    });
  }

  async prepare(plan: TargetPlan, isRepeated = false): Promise<void> {
    await this.#with(async (session) => {
      const place = await this.#place(session, plan);
      await this.#takeOver(session, plan, 'prepare', isRepeated);
      const checkpoints = new CheckpointTable(place.schema, plan.runKey);
      await checkpoints.refuseLatePreparation(session);
      if (!(await this.#steps.isBehindFirst(session, checkpoints)))
        await this.#steps.performBefore(session, plan, place, checkpoints);
      await this.#clear(place);
      await this.#steps.makeStage(session, plan, place);
      await checkpoints.create(session);
    });
  }

  async #clear(place: Place): Promise<void> {
    const { clearing } = this.#options;
    if (clearing.kind === 'none') return;
    // In the table's schema, so that names in a condition mean what they mean next to the table.
    const session = await this.#tools.sessions.open(place.schema);
    try {
      await clearTable(session, place, clearing);
    } finally {
      await session.close();
    }
  }

  async openWriter(plan: TargetPlan, slice: Slice, isRepeated = false): Promise<SliceWriter> {
    const session = await this.#tools.sessions.openOwn(null);
    try {
      const place = await this.#place(session, plan);
      await this.#takeOver(session, plan, String(slice.no), isRepeated);
      const checkpoints = new CheckpointTable(place.schema, plan.runKey);
      const resumed = await checkpoints.read(session, slice.no);
      const table = await this.#find(session);
      const targets = targetColumns(
        plan.columnNames,
        { columns: plan.sourceColumns },
        table,
        await readCharacterSets(session),
      );
      const written = this.#steps.tableOf(plan, place);
      const target = `${place.schema}.${written}`;
      const loader = new ArrayLoader({
        session,
        target,
        quotedTable: quoteTable(place.schema, written),
        columns: targets.map((column, at) => {
          const source = plan.sourceColumns[at];
          if (source === undefined)
            throw new RangeError(`a plan with ${plan.sourceColumns.length} source columns`);
          return writtenColumn(source.type, column, session.driver);
        }),
      });
      return new OracleSliceWriter({ session, checkpoints, sliceNo: slice.no, resumed, target, loader });
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>> {
    return await this.#with(async (session) => {
      const { schema } = await this.#place(session, plan);
      return await new CheckpointTable(schema, plan.runKey).readAll(session);
    });
  }

  async finish(plan: TargetPlan, outcome: 'publish' | 'discard'): Promise<void> {
    await this.#with(async (session) => {
      const place = await this.#place(session, plan).catch((error: unknown) => {
        // The table itself is gone; what is ours stands where it stood, or nowhere.
        const isGone = error instanceof SluiceError && error.code === 'Cdm.0900';
        if (!isGone || outcome === 'publish') throw error;
        const { schema, table } = this.#options;
        return { schema, table, columnNames: plan.columnNames };
      });
      if (outcome === 'publish') await this.#steps.publish(plan, place);
      await this.#steps.dropTables(session, plan, place, outcome === 'discard');
    });
  }

  #takeOver(session: Session, plan: TargetPlan, work: string, isRepeated: boolean): Promise<void> {
    const name = `sluice_run_${plan.runKey}_${work}`;
    return takeOver(session, name, isRepeated, this.#options.schema, this.#log);
  }

  async #find(session: Session): Promise<CatalogTable> {
    const { schema, table } = this.#options;
    this.#table ??= await requireTable(session, schema, table);
    return this.#table;
  }

  /** The destination by its own names. */
  async #place(session: Session, plan: TargetPlan): Promise<Place> {
    const { shape } = await this.#find(session);
    const own = shape.columns.map(({ name }) => name);
    const columnNames = plan.columnNames.map((name) => own[findName(own, name)] ?? name);
    return { schema: shape.schema, table: shape.table, columnNames };
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#tools.sessions.openOwn(null);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}

/**
 * The service makes no tables in Oracle, and knows no other way with clashing rows there than an error or a dirty row.
 * @throws Cdm.0014 for a job that asks for more.
 */
function refuseUnoffered({ preparation, conflict }: SqlSinkOptions): void {
  if (preparation !== 'DO_NOTHING')
    throw new SluiceError('Cdm.0014', {
      name: 'toJobConfig.tablePreparation',
      ...explained({
        en: 'Tables are not created in Oracle, as in the service: create the table by hand and choose DO_NOTHING.',
        zh: '与云服务一致，不支持在 Oracle 中自动建表：请手工建表，并选择 DO_NOTHING。',
      }),
    });
  if (conflict !== 'refuse')
    throw new SluiceError('Cdm.0014', {
      name: 'toJobConfig.onConflict',
      ...explained({
        en: 'Rows whose key is in Oracle already cannot replace or update it: choose EXCEPTION (COPY). Such a row ends the run, or is set aside as dirty data.',
        zh: 'Oracle 目的端不支持按键替换或更新：请选择 EXCEPTION（COPY）。键冲突的行会使作业失败，或作为脏数据隔离。',
      }),
    });
}
