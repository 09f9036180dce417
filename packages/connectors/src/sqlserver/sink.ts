import type {
  Host,
  Sink,
  SinkAgreement,
  SliceWriter,
  SourceOffer,
  TargetPlan,
} from '@sluice/core/connector/contract';
import { lossText } from '@sluice/core/data/loss';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { BulkLoader } from './bulk-loader.ts';
import { columnMetadata, insertBulkSql, pageEncoderOf, wireCollations } from './bulk-wire.ts';
import { type CatalogTable, readTable, requireTable } from './catalog.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { clearTable } from './clear-table.ts';
import { createTable, type TableDdl } from './ddl.ts';
import { encoderFor } from './encode.ts';
import { quoteName, quoteTable } from './names.ts';
import { lockName, RunSteps } from './run-steps.ts';
import type { Session, SessionRole } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { takeOver } from './succession.ts';
import {
  checkNames,
  checkTable,
  createdTarget,
  nullLosses,
  pairLosses,
  requireTarget,
} from './target-table.ts';
import { SqlServerSliceWriter } from './writer.ts';

export interface SinkTools {
  readonly host: Host;
  readonly sessions: Sessions;
}

/** Columns of a table. */
const COLUMNS_MAX = 1_024;
const byValues =
  'SQL Server is loaded in bulk from values: there is no form of bytes that it shares with another database';

/** Writes a table by bulk load. */
export class SqlServerSink implements Sink {
  readonly #tools: SinkTools;
  readonly #options: SqlSinkOptions;
  readonly #steps: RunSteps;
  /** The table as the first writer found it. */
  #target: CatalogTable | null = null;

  constructor(tools: SinkTools, options: SqlSinkOptions) {
    // The service has no way of replacing or updating rows of SQL Server.
    if (options.conflict !== 'refuse')
      throw new SluiceError('Cdm.0024', {
        name:
          options.conflict === 'replace' ? 'toJobConfig.onConflict' : 'toJobConfig.onConflict, importMode',
        range: 'EXCEPTION (COPY)',
      });
    this.#tools = tools;
    this.#options = options;
    this.#steps = new RunSteps(tools.sessions, options);
  }

  async agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }> {
    const { schema, table, preparation } = this.#options;
    const names = columnNames ?? this.#options.columns ?? offer.columns.map((column) => column.name);
    checkNames(names, offer);
    const columns = offer.columns.map(({ name }) => ({ name, cast: null }));
    const shared = { projection: { form: 'rows' as const, columns }, reason: byValues, columnNames: names };
    return this.#with('read', async (session) => {
      await this.#steps.prove(session);
      const found = await readTable(session, schema, table);
      if (found === null && preparation === 'DO_NOTHING')
        throw new SluiceError('Cdm.0900', { table: this.#name() });
      if (found === null || preparation === 'DROP_AND_CREATE') {
        if (names.length > COLUMNS_MAX)
          throw new SluiceError('Cdm.0063', {
            table: this.#name(),
            cause: `a table of SQL Server has ${COLUMNS_MAX} columns at most, and not ${names.length}`,
          });
        const made = this.#design(offer, names, offer.primaryKey ?? []);
        const targets = names.map((name, at) => createdTarget(name, made.columnTypes[at] ?? ''));
        return { ...shared, warnings: [], losses: [...made.losses, ...pairLosses(offer, targets)] };
      }
      checkTable(offer, names, found);
      const targets = names.map((name) => requireTarget(found, name));
      return {
        ...shared,
        warnings: [],
        losses: [...pairLosses(offer, targets), ...nullLosses(offer, names, found)],
        targetTypes: targets.map(({ at }) => found.shape.columns[at]?.type ?? null),
      };
    });
  }

  async prepare(plan: TargetPlan, isRepeated = false): Promise<void> {
    const { schema, preparation, clearing } = this.#options;
    await this.#with('write', async (session) => {
      await takeOver(session, lockName(plan, 'begin'), isRepeated, this.#name());
      const checkpoints = new CheckpointTable(schema, plan.runKey);
      await checkpoints.refuseLatePreparation(session);
      if (preparation !== 'DO_NOTHING') await this.#createSchema(session);
      let isCreated = false;
      if (!(await this.#steps.isBehindFirst(session, checkpoints))) {
        isCreated = await this.#makeTable(session, plan);
        await this.#steps.performBefore(session, plan, checkpoints);
      }
      const mayHoldRows = !isCreated || this.#steps.before !== null;
      if (clearing.kind !== 'none' && mayHoldRows) await clearTable(session, this.#options);
      await this.#steps.makeStage(session, plan);
      await checkpoints.create(session);
    });
  }

  /** @returns whether the table was made just now. */
  async #makeTable(session: Session, plan: TargetPlan): Promise<boolean> {
    const { schema, table, preparation } = this.#options;
    const found = await readTable(session, schema, table);
    if (found === null && preparation === 'DO_NOTHING')
      throw new SluiceError('Cdm.0900', { table: this.#name() });
    if (found !== null && preparation !== 'DROP_AND_CREATE') return false;
    const offer: SourceOffer = { columns: plan.sourceColumns, forms: [plan.form] };
    const { sql, losses } = this.#design(offer, plan.columnNames, plan.sourcePrimaryKey);
    for (const loss of losses) this.#tools.host.log(lossText(loss).en);
    // One transaction: nobody finds the table gone.
    await session.begin('READ COMMITTED', 'create', this.#name());
    if (found !== null)
      await session.run(`DROP TABLE ${quoteTable(schema, table)}`, {}, 'create', this.#name());
    await session.run(sql, {}, 'create', this.#name());
    await session.commit('create', this.#name());
    return true;
  }

  async openWriter(plan: TargetPlan, slice: Slice, isRepeated = false): Promise<SliceWriter> {
    const { schema } = this.#options;
    const table = this.#steps.tableOf(plan);
    const target = `${schema}.${table}`;
    // Its lock and its IDENTITY_INSERT are the writer's alone, and end with it.
    const session = await this.#tools.sessions.openOwn('write');
    try {
      await takeOver(session, lockName(plan, String(slice.no)), isRepeated, target);
      // Once for all slices: should the table change meanwhile, the server refuses what comes.
      this.#target ??= await requireTable(session, schema, table);
      const checkpoints = new CheckpointTable(schema, plan.runKey);
      const resumed = await checkpoints.read(session, slice.no);
      const loader = await this.#openLoader(session, plan, this.#target, target);
      return new SqlServerSliceWriter({ session, checkpoints, sliceNo: slice.no, resumed, target, loader });
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async #openLoader(
    session: Session,
    plan: TargetPlan,
    found: CatalogTable,
    target: string,
  ): Promise<BulkLoader> {
    const { schema, table } = found.shape;
    const quoted = quoteTable(schema, table);
    const columns = plan.columnNames.map((name) => requireTarget(found, name));
    if (columns.some(({ at }) => found.native[at]?.isIdentity === true))
      await session.run(`SET IDENTITY_INSERT ${quoted} ON`, {}, 'write', target);
    const names = columns.map(({ name }) => name);
    const collations = await wireCollations(session, quoted, names, target);
    const encoders = columns.map((column, at) => {
      const source = plan.sourceColumns[at];
      if (source === undefined)
        throw new RangeError(`a plan with ${plan.sourceColumns.length} source columns`);
      return encoderFor(source.type, column, pageEncoderOf(column, collations[at] ?? null));
    });
    return new BulkLoader({
      session,
      target,
      insertBulk: insertBulkSql(quoted, columns),
      columnMetadata: columnMetadata(quoted, columns, collations),
      encoders,
    });
  }

  async checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>> {
    return this.#with('read', (session) =>
      new CheckpointTable(this.#options.schema, plan.runKey).readAll(session),
    );
  }

  async finish(plan: TargetPlan, outcome: 'publish' | 'discard'): Promise<void> {
    if (outcome === 'publish') await this.#steps.publish(plan);
    await this.#with('write', (session) => this.#steps.dropTables(session, plan, outcome === 'discard'));
  }

  #name(): string {
    return `${this.#options.schema}.${this.#options.table}`;
  }

  async #with<T>(role: SessionRole, work: (session: Session) => Promise<T>): Promise<T> {
    const { sessions } = this.#tools;
    // Sessions that write may hold locks of a piece of work, which end with them.
    const session = await (role === 'read' ? sessions.open(role) : sessions.openOwn(role));
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async #createSchema(session: Session): Promise<void> {
    const { schema } = this.#options;
    const found = await session.rows(
      'SELECT s.name FROM sys.schemas AS s WHERE s.name = @schema',
      { schema },
      'metadata',
      schema,
    );
    // Looked up first: to create one asks for a right even when there is nothing to do.
    if (found.length > 0) return;
    await session.run(`CREATE SCHEMA ${quoteName(schema)}`, {}, 'create', schema);
  }

  #design(offer: SourceOffer, columnNames: readonly string[], sourcePrimaryKey: readonly string[]): TableDdl {
    const { schema, table, widensText, copiesNotNull } = this.#options;
    return createTable({
      schema,
      table,
      sourceColumns: offer.columns,
      columnNames,
      sourcePrimaryKey,
      widensText,
      copiesNotNull,
    });
  }
}
