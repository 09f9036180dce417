import type {
  Host,
  Sink,
  SinkAgreement,
  SliceWriter,
  SourceOffer,
  TargetPlan,
} from '@sluice/core/connector/contract';
import type { SinkPreview } from '@sluice/core/connector/run-preview';
import { lossText } from '@sluice/core/data/loss';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { writingRefusals } from '../jdbc/job-statements.ts';
import type { SqlLink, SqlSinkOptions } from '../jdbc/sql-options.ts';
import { plannedColumn } from './bulk/bulk-agreement.ts';
import { BulkLoader } from './bulk/bulk-loader.ts';
import { type OpenEncoder, openEncoder } from './bulk/open-encoder.ts';
import { type CatalogTable, readTable, requireTable, targetColumn } from './catalog.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { chooseForm, noBulk } from './choose-form.ts';
import { clearTable } from './clear-table.ts';
import { type MysqlComparer, sinkComparer } from './comparer.ts';
import { insertHead } from './conflicts.ts';
import { encoderFor, type TargetColumn } from './encode.ts';
import { serverErrorNumber } from './errors.ts';
import { InsertLoader } from './insert-loader.ts';
import { LoadLoader } from './load-data/load-loader.ts';
import type { Loader } from './loader.ts';
import { quoteTable } from './names.ts';
import {
  databaseMaking,
  isCleared,
  kernelsFor,
  tableDesign,
  tableMaking,
  writtenWords,
} from './preparation.ts';
import { RunSteps } from './run-steps.ts';
import type { Session, SessionRole } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { previewSink } from './sink-preview.ts';
import { takeOver } from './succession.ts';
import { checkNames, checkTable, nullLosses, pairLosses, requireColumn } from './target-table.ts';
import { readUniqueKeys, type UniqueKey } from './unique-keys.ts';
import { MysqlSliceWriter } from './writer.ts';

export interface SinkTools {
  readonly link: SqlLink;
  readonly host: Host;
  readonly sessions: Sessions;
  /** What turns tuples of COPY BINARY into bulk commands; the fastest that this process can run unless told. */
  readonly openEncoder?: OpenEncoder;
}

const noSuchDatabase = 1049;
/** Columns of a table of InnoDB. */
const COLUMNS_MAX = 1_017;

export class MysqlSink implements Sink {
  readonly comparer: MysqlComparer;
  readonly #tools: SinkTools;
  readonly #options: SqlSinkOptions;
  readonly #steps: RunSteps;
  /** The table as the first writer found it. */
  #target: CatalogTable | null = null;
  #keys: readonly UniqueKey[] | null = null;

  constructor(tools: SinkTools, options: SqlSinkOptions) {
    this.#tools = tools;
    this.#options = options;
    this.#steps = new RunSteps(tools.sessions, options);
    this.comparer = sinkComparer(tools, options);
  }

  async agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }> {
    const { schema, table, preparation } = this.#options;
    const names = columnNames ?? this.#options.columns ?? offer.columns.map((column) => column.name);
    checkNames(names, offer);
    await this.#steps.prove();
    return this.#with('read', async (session) => {
      const found = await readTable(session, schema, table, false);
      if (found === null && preparation === 'DO_NOTHING')
        throw new SluiceError('Cdm.0900', { table: this.#name() });
      const isCreated = found === null || preparation === 'DROP_AND_CREATE';
      if (isCreated) {
        if (names.length > COLUMNS_MAX)
          throw new SluiceError('Cdm.0063', {
            table: this.#name(),
            cause: `a table of InnoDB has ${COLUMNS_MAX} columns at most, and not ${names.length}`,
          });
        const made = await tableDesign(session, this.#options, offer.columns, names, offer.primaryKey ?? []);
        const targets = names.map((name, at) =>
          plannedColumn(name, made.columnTypes[at] ?? '', session.isMariaDb),
        );
        const losses = [...made.losses, ...pairLosses(offer, targets)];
        return {
          ...chooseForm(session, offer, targets, this.#written()),
          warnings: [],
          losses,
          columnNames: names,
        };
      }
      const warnings = checkTable(offer, names, found);
      if (this.#options.isStaged && !found.isTransactional)
        throw writingRefusals.noTransactions(this.#name(), found.engine ?? 'VIEW');
      if (this.#options.conflict !== 'refuse' && (await readUniqueKeys(session, schema, table)).length === 0)
        warnings.push(
          `${this.#name()} has no primary or unique key: no row clashes, so all of them are added`,
        );
      const targets = names.map((name) => targetColumn(found, requireColumn(found, name)));
      const losses = [...pairLosses(offer, targets), ...nullLosses(offer, names, found)];
      return {
        ...chooseForm(session, offer, targets, this.#written()),
        warnings,
        losses,
        targetTypes: names.map((name) => found.shape.columns[requireColumn(found, name)]?.type ?? null),
        columnNames: names,
      };
    });
  }

  /** How clashes are treated where the rows are written: in the staging table there are none to treat. */
  #written(): SqlSinkOptions['conflict'] {
    return this.#options.isStaged ? 'refuse' : this.#options.conflict;
  }

  async prepare(plan: TargetPlan, isRepeated = false): Promise<void> {
    const { schema } = this.#options;
    await this.#with('write', async (session) => {
      await this.#takeOver(session, plan, 'prepare', isRepeated);
      const checkpoints = new CheckpointTable(schema, plan.runKey);
      await checkpoints.refuseLatePreparation(session);
      for (const { sql } of await databaseMaking(session, this.#options))
        await session.run(sql, 'create', schema);
      let isCreated = false;
      if (!(await this.#steps.isBehindFirst(session, checkpoints))) {
        isCreated = await this.#makeTable(session, plan);
        await this.#steps.performBefore(session, plan, checkpoints);
      }
      if (isCleared(this.#options, isCreated)) await clearTable(session, this.#options);
      await this.#steps.makeStage(session, plan);
      await checkpoints.create(session);
    });
  }

  /** @returns whether the table was made just now. */
  async #makeTable(session: Session, plan: TargetPlan): Promise<boolean> {
    const { statements, made } = await tableMaking(session, this.#options, plan);
    for (const loss of made?.losses ?? []) this.#tools.host.log(lossText(loss).en);
    for (const { sql } of statements) await session.run(sql, 'create', this.#name());
    return made !== null;
  }

  async preview(plan: TargetPlan): Promise<SinkPreview> {
    return this.#with('read', (session) => previewSink(session, this.#options, this.#steps, plan));
  }

  async openWriter(plan: TargetPlan, slice: Slice, isRepeated = false): Promise<SliceWriter> {
    const { schema } = this.#options;
    const table = this.#steps.tableOf(plan);
    const role = plan.form === 'pgcopy-binary' ? 'bulk' : 'write';
    const session = await this.#tools.sessions.open(role, schema);
    try {
      await this.#takeOver(session, plan, String(slice.no), isRepeated);
      // Once for all slices: should the table change meanwhile, the server converts what comes, or refuses it.
      this.#target ??= await requireTable(session, schema, table, false);
      const found = this.#target;
      const columns = plan.columnNames.map((name) => targetColumn(found, requireColumn(found, name)));
      const checkpoints = new CheckpointTable(schema, plan.runKey);
      const resumed = await checkpoints.read(session, slice.no);
      if (this.#written() !== 'refuse') this.#keys ??= await readUniqueKeys(session, schema, table);
      // Ends the snapshot of the look-ups and the lock that keeps the tables from being dropped.
      await session.run('COMMIT', 'write', this.#name());
      const loader = await this.#openLoader(session, plan, columns);
      return new MysqlSliceWriter({
        session,
        checkpoints,
        sliceNo: slice.no,
        resumed,
        target: `${schema}.${table}`,
        isTransactional: found.isTransactional,
        loader,
      });
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async #openLoader(session: Session, plan: TargetPlan, columns: readonly TargetColumn[]): Promise<Loader> {
    const { schema } = this.#options;
    const table = this.#steps.tableOf(plan);
    const target = `${schema}.${table}`;
    const words = writtenWords(session, this.#options, plan.columnNames, this.#keys ?? []);
    const sourceOf = (at: number) => {
      const source = plan.sourceColumns[at];
      if (source === undefined)
        throw new RangeError(`a plan with ${plan.sourceColumns.length} source columns`);
      return source;
    };
    if (plan.form === 'rows') {
      return new InsertLoader({
        session,
        target,
        insertHead: insertHead(
          quoteTable(schema, table),
          columns.map((column) => column.name),
          words,
        ),
        insertTail: words.tail,
        encoders: columns.map((column, at) => encoderFor(sourceOf(at).type, column)),
        isTransactional: this.#target?.isTransactional === true,
      });
    }
    // The same choice as when the run was agreed, unless the server or the table has been exchanged since.
    if (!session.offersBulk && !session.takesLines) throw new SluiceError('Cdm.0234', { cause: noBulk });
    const kernels = kernelsFor(plan.sourceColumns, columns);
    const { silenceTimeoutMs } = this.#tools.link;
    const quotedTable = quoteTable(schema, table);
    const parts = { session, target, quotedTable, kernels, silenceTimeoutMs, words };
    if (session.offersBulk)
      return BulkLoader.open({ ...parts, openEncoder: this.#tools.openEncoder ?? openEncoder });
    return new LoadLoader({ ...parts, signal: this.#tools.host.signal });
  }

  async checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>> {
    return this.#with('read', (session) =>
      new CheckpointTable(this.#options.schema, plan.runKey).readAll(session),
    );
  }

  async finish(plan: TargetPlan, outcome: 'publish' | 'discard'): Promise<void> {
    try {
      if (outcome === 'publish') await this.#steps.publish(plan);
      await this.#with('write', (session) => this.#steps.dropTables(session, plan, outcome === 'discard'));
    } catch (error) {
      // The database itself is gone, and the tables with it.
      if (serverErrorNumber(error) !== noSuchDatabase) throw error;
    }
  }

  #takeOver(session: Session, plan: TargetPlan, work: string, isRepeated: boolean): Promise<void> {
    return takeOver(session, `sluice_run_${plan.runKey}_${work}`, isRepeated, this.#name());
  }

  #name(): string {
    return `${this.#options.schema}.${this.#options.table}`;
  }

  async #with<T>(role: SessionRole, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#tools.sessions.open(role, null);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}
