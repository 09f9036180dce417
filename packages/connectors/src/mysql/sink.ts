import type {
  Host,
  Sink,
  SinkAgreement,
  SliceWriter,
  SourceOffer,
  TargetPlan,
} from '@sluice/core/connector/contract';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type JobStatement, writingRefusals } from '../jdbc/job-statements.ts';
import type { SqlLink, SqlSinkOptions } from '../jdbc/sql-options.ts';
import { arrivalColumnName } from '../jdbc/stage-name.ts';
import { plannedColumn } from './bulk/bulk-agreement.ts';
import { BulkLoader } from './bulk/bulk-loader.ts';
import { chooseKernel } from './bulk/kernels.ts';
import { type OpenEncoder, openEncoder } from './bulk/open-encoder.ts';
import { type CatalogTable, readTable, requireTable, targetColumn } from './catalog.ts';
import { CheckpointTable, type Step } from './checkpoint-table.ts';
import { chooseForm, noBulk } from './choose-form.ts';
import { clearTable } from './clear-table.ts';
import { type InsertWords, insertWords, newRowOf, plainInsert } from './conflicts.ts';
import { createTable, type TableDdl } from './ddl.ts';
import { encoderFor, pair, type TargetColumn } from './encode.ts';
import { serverErrorNumber } from './errors.ts';
import { InsertLoader } from './insert-loader.ts';
import { performOnce, proveStatement } from './job-statement.ts';
import { LoadLoader } from './load-data/load-loader.ts';
import type { Loader } from './loader.ts';
import { nameLengthMax, quoteName, quoteTable, quoteText } from './names.ts';
import { moveStagedRows } from './publish.ts';
import type { Session, SessionRole } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { createStageTable, stageName } from './stage-table.ts';
import { takeOver } from './succession.ts';
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

export class MysqlSink implements Sink {
  readonly #tools: SinkTools;
  readonly #options: SqlSinkOptions;
  readonly #before: JobStatement | null;
  readonly #after: JobStatement | null;
  /** The table as the first writer found it. */
  #target: CatalogTable | null = null;
  #keys: readonly UniqueKey[] | null = null;

  constructor(tools: SinkTools, options: SqlSinkOptions) {
    this.#tools = tools;
    this.#options = options;
    this.#before = options.before === null ? null : { option: 'toJobConfig.preSql', sql: options.before };
    this.#after = options.after === null ? null : { option: 'toJobConfig.postSql', sql: options.after };
  }

  async agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }> {
    const { schema, table, preparation } = this.#options;
    const names = columnNames ?? this.#options.columns ?? offer.columns.map((column) => column.name);
    checkNames(names, offer);
    for (const statement of [this.#before, this.#after]) if (statement !== null) await this.#prove(statement);
    return this.#with('read', async (session) => {
      const found = await readTable(session, schema, table, false);
      if (found === null && preparation === 'DO_NOTHING')
        throw new SluiceError('Cdm.0900', { table: this.#name() });
      const isCreated = found === null || preparation === 'DROP_AND_CREATE';
      if (isCreated) {
        const { columnTypes, warnings } = await this.#design(session, offer, names, []);
        const targets = names.map((name, at) => plannedColumn(name, columnTypes[at] ?? ''));
        return { ...chooseForm(session, offer, targets, this.#written()), warnings, columnNames: names };
      }
      const warnings = pairColumns(offer, names, found);
      if (this.#options.isStaged && !found.isTransactional)
        throw writingRefusals.noTransactions(this.#name(), found.engine ?? 'VIEW');
      if (this.#options.conflict !== 'refuse' && (await readUniqueKeys(session, schema, table)).length === 0)
        warnings.push(
          `${this.#name()} has no primary or unique key: no row clashes, so all of them are added`,
        );
      const targets = names.map((name) => targetColumn(found, requireColumn(found, name)));
      const targetTypes = names.map((name) => found.shape.columns[requireColumn(found, name)]?.type ?? null);
      const chosen = chooseForm(session, offer, targets, this.#written());
      return { ...chosen, warnings, targetTypes, columnNames: names };
    });
  }

  async #prove(statement: JobStatement): Promise<void> {
    const session = await this.#tools.sessions.openOwn('read', null);
    try {
      await proveStatement(session, this.#options.schema, statement);
    } finally {
      await session.close();
    }
  }

  /** How clashes are treated where the rows are written: in the staging table there are none to treat. */
  #written(): SqlSinkOptions['conflict'] {
    return this.#options.isStaged ? 'refuse' : this.#options.conflict;
  }

  async prepare(plan: TargetPlan, isRepeated = false): Promise<void> {
    const { schema, table, preparation, clearing } = this.#options;
    await this.#with('write', async (session) => {
      await this.#takeOver(session, plan, 'prepare', isRepeated);
      const checkpoints = new CheckpointTable(schema, plan.runKey);
      await checkpoints.refuseLatePreparation(session);
      if (preparation !== 'DO_NOTHING') await this.#createDatabase(session);
      const steps = this.#before === null ? null : await checkpoints.steps(session);
      let isCreated = false;
      if (steps?.has('statement before') !== true) {
        isCreated = await this.#makeTable(session, plan);
        if (this.#before !== null) {
          await checkpoints.create(session);
          await this.#perform(plan, checkpoints, 'statement before', this.#before);
        }
      }
      if (clearing.kind !== 'none' && (!isCreated || this.#before !== null))
        await clearTable(session, this.#options);
      if (this.#options.isStaged) {
        await createStageTable(session, {
          database: schema,
          table,
          stage: stageName(table, plan.runKey),
          columnNames: plan.columnNames,
          hasKeys: this.#options.conflict === 'refuse',
        });
      }
      await checkpoints.create(session);
    });
  }

  /** @returns whether the table was made just now. */
  async #makeTable(session: Session, plan: TargetPlan): Promise<boolean> {
    const { schema, table, preparation } = this.#options;
    const found = await readTable(session, schema, table, false);
    if (found === null && preparation === 'DO_NOTHING')
      throw new SluiceError('Cdm.0900', { table: this.#name() });
    if (found !== null && preparation !== 'DROP_AND_CREATE') return false;
    const offer: SourceOffer = { columns: plan.sourceColumns, forms: [plan.form] };
    const { sql, warnings } = await this.#design(session, offer, plan.columnNames, plan.sourcePrimaryKey);
    for (const warning of warnings) this.#tools.host.log(warning);
    if (found !== null) await session.run(`DROP TABLE ${quoteTable(schema, table)}`, 'create', this.#name());
    await session.run(sql, 'create', this.#name());
    return true;
  }

  /** Runs a statement of the user's in a session that nobody gets afterwards: who knows what it leaves there. */
  async #perform(
    plan: TargetPlan,
    checkpoints: CheckpointTable,
    step: Step,
    statement: JobStatement,
  ): Promise<void> {
    const session = await this.#tools.sessions.openOwn('write', null);
    try {
      await this.#takeOver(session, plan, step.replace(' ', '_'), true);
      await performOnce(session, this.#options.schema, statement, checkpoints, step);
    } finally {
      await session.close();
    }
  }

  async openWriter(plan: TargetPlan, slice: Slice, isRepeated = false): Promise<SliceWriter> {
    const { schema } = this.#options;
    const table = this.#tableOf(plan);
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
    const table = this.#tableOf(plan);
    const target = `${schema}.${table}`;
    const words = this.#words(session, plan);
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
        insertHead: `${words.verb} ${quoteTable(schema, table)} (${columns.map((c) => quoteName(c.name)).join(', ')}) VALUES `,
        insertTail: words.tail,
        encoders: columns.map((column, at) => encoderFor(sourceOf(at).type, column)),
      });
    }
    // The same choice as when the run was agreed, unless the server or the table has been exchanged since.
    if (!session.offersBulk && !session.takesLines) throw new SluiceError('Cdm.0234', { cause: noBulk });
    const kernels = columns.map((column, at) => {
      const choice = chooseKernel(sourceOf(at), column);
      if (choice !== null) return choice.kernel;
      throw new SluiceError('Cdm.0921', {
        type: `${sourceOf(at).native} of ${sourceOf(at).name} in ${column.columnType} of ${column.name}`,
      });
    });
    const { silenceTimeoutMs } = this.#tools.link;
    const quotedTable = quoteTable(schema, table);
    const parts = { session, target, quotedTable, kernels, silenceTimeoutMs, words };
    if (session.offersBulk)
      return BulkLoader.open({ ...parts, openEncoder: this.#tools.openEncoder ?? openEncoder });
    return new LoadLoader({ ...parts, signal: this.#tools.host.signal });
  }

  /** Where writers of the run write to. */
  #tableOf(plan: TargetPlan): string {
    const { table, isStaged } = this.#options;
    return isStaged ? stageName(table, plan.runKey) : table;
  }

  #words(session: Session, plan: TargetPlan): InsertWords {
    const conflict = this.#written();
    if (conflict === 'refuse') return plainInsert;
    const { schema, table } = this.#options;
    const { alias, value } = newRowOf(session);
    const { columnNames } = plan;
    const into = { quotedTable: quoteTable(schema, table), columnNames, keys: this.#keys ?? [] };
    return insertWords(conflict, into, value, alias);
  }

  async checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>> {
    return this.#with('read', (session) =>
      new CheckpointTable(this.#options.schema, plan.runKey).readAll(session),
    );
  }

  async finish(plan: TargetPlan, outcome: 'publish' | 'discard'): Promise<void> {
    const { schema, table, isStaged } = this.#options;
    const checkpoints = new CheckpointTable(schema, plan.runKey);
    try {
      if (outcome === 'publish' && (isStaged || this.#after !== null)) await this.#publish(plan, checkpoints);
      await this.#with('write', async (session) => {
        if (isStaged) {
          const stage = stageName(table, plan.runKey);
          const quoted = quoteTable(schema, stage);
          await session.run(`DROP TABLE IF EXISTS ${quoted}`, 'write', `${schema}.${stage}`);
        }
        await checkpoints.drop(session);
      });
    } catch (error) {
      // The database itself is gone, and the tables with it.
      if (serverErrorNumber(error) !== noSuchDatabase) throw error;
    }
  }

  /**
   * What comes behind the last row, but for the tables that are dropped: the move, then the user's statement. Each is marked
   * in the checkpoint table in its own transaction; without that table all of it was done before.
   */
  async #publish(plan: TargetPlan, checkpoints: CheckpointTable): Promise<void> {
    const { schema, table, isStaged, conflict } = this.#options;
    const session = await this.#tools.sessions.openOwn('write', null);
    try {
      // Nobody else has work here any more: who is still at it was given up.
      await this.#takeOver(session, plan, 'finish', true);
      const steps = await checkpoints.steps(session);
      // Ends the snapshot of the look: what others have done since is seen.
      await session.run('COMMIT', 'write', this.#name());
      if (steps === null) return;
      if (isStaged && !steps.has('move')) {
        const stage = stageName(table, plan.runKey);
        const { columnNames } = plan;
        const arrival = arrivalColumnName(columnNames);
        const rows = { database: schema, table, stage, columnNames, conflict, arrival };
        await moveStagedRows(session, rows, checkpoints);
      }
      if (this.#after !== null && !steps.has('statement after'))
        await this.#perform(plan, checkpoints, 'statement after', this.#after);
    } finally {
      await session.close();
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

  async #createDatabase(session: Session): Promise<void> {
    const { schema } = this.#options;
    const found = await session.rows(
      `SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(schema)}`,
      'metadata',
      schema,
    );
    // Looked up first: IF NOT EXISTS asks for the right to create even when there is nothing to do.
    if (found.length > 0) return;
    await session.run(
      `CREATE DATABASE IF NOT EXISTS ${quoteName(schema)} DEFAULT CHARACTER SET utf8mb4`,
      'create',
      schema,
    );
  }

  async #design(
    session: Session,
    offer: SourceOffer,
    columnNames: readonly string[],
    sourcePrimaryKey: readonly string[],
  ): Promise<TableDdl> {
    const { schema, table, widensText, copiesNotNull } = this.#options;
    return createTable({
      database: schema,
      table,
      sourceColumns: offer.columns,
      columnNames,
      sourcePrimaryKey,
      widensText,
      copiesNotNull,
      keyCollation: await keyCollation(session),
    });
  }
}

/** Strongest first. PAD SPACE collations take `a` and `a ` for one key, which other systems keep apart. */
const keyCollations = ['utf8mb4_0900_bin', 'utf8mb4_nopad_bin', 'utf8mb4_bin'];

async function keyCollation(session: Session): Promise<string> {
  const rows = await session.rows(
    `SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN (${keyCollations.map(quoteText).join(', ')})`,
    'metadata',
    'information_schema.COLLATIONS',
  );
  const known = new Set(rows.map((row) => String(row[0])));
  return keyCollations.find((name) => known.has(name)) ?? 'utf8mb4_bin';
}

function checkNames(names: readonly string[], offer: SourceOffer): void {
  const asOne = names.map((name) => name.toLowerCase());
  const isBad =
    names.length !== offer.columns.length ||
    new Set(asOne).size !== names.length ||
    names.some((name) => name === '' || [...name].length > nameLengthMax);
  if (!isBad) return;
  throw new SluiceError('Cdm.0931', {
    schema: names.join(', '),
    result: offer.columns.map((column) => column.name).join(', '),
  });
}

/** Column names do not mind the case in MySQL. -1 when there is none. */
function findColumn(table: CatalogTable, name: string): number {
  const wanted = name.toLowerCase();
  return table.shape.columns.findIndex((column) => column.name.toLowerCase() === wanted);
}

/** @throws Cdm.0931 when somebody changed the table after the run was agreed. */
function requireColumn(table: CatalogTable, name: string): number {
  const at = findColumn(table, name);
  if (at >= 0) return at;
  throw new SluiceError('Cdm.0931', {
    schema: table.shape.columns.map((c) => c.name).join(', '),
    result: name,
  });
}

/**
 * Looks at every pair of an existing table.
 * @returns warnings. @throws Cdm.0931 a column is missing; Cdm.0921 a type cannot go there.
 */
function pairColumns(offer: SourceOffer, names: readonly string[], table: CatalogTable): string[] {
  const warnings: string[] = [];
  if (!table.isTransactional) {
    warnings.push(
      `${table.shape.schema}.${table.shape.table} has the engine ${table.engine ?? 'of a view'}, which knows no transactions: rows written before a failure stay, and a repeat may write them twice`,
    );
  }
  const isMissing = names.some((name) => findColumn(table, name) < 0);
  const mapped = new Set(names.map((name) => name.toLowerCase()));
  // Every row would be refused; told now, before the table is cleared.
  const needed = table.shape.columns.some(
    (column, at) =>
      !column.isNullable &&
      !column.isGenerated &&
      table.native[at]?.hasDefault === false &&
      !mapped.has(column.name.toLowerCase()),
  );
  if (isMissing || needed) {
    throw new SluiceError('Cdm.0931', {
      schema: table.shape.columns.map((column) => column.name).join(', '),
      result: names.join(', '),
    });
  }
  offer.columns.forEach((source, i) => {
    const at = findColumn(table, names[i] ?? source.name);
    const column = targetColumn(table, at);
    if (table.shape.columns[at]?.isGenerated === true) {
      throw new SluiceError('Cdm.0921', {
        type: `${column.columnType} of the generated column ${column.name}`,
      });
    }
    const { isRefused, warning } = pair(source.type, column);
    if (isRefused) {
      throw new SluiceError('Cdm.0921', {
        type: `${source.native} of ${source.name} in ${column.columnType} of ${column.name}`,
      });
    }
    if (warning !== null) warnings.push(`column ${column.name} (${column.columnType}): ${warning}`);
  });
  return warnings;
}
