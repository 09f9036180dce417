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
import type { SqlLink, SqlSinkOptions } from '../jdbc/sql-options.ts';
import { plannedColumn } from './bulk/bulk-agreement.ts';
import { BulkLoader } from './bulk/bulk-loader.ts';
import { chooseKernel } from './bulk/kernels.ts';
import { type OpenEncoder, openEncoder } from './bulk/open-encoder.ts';
import { type CatalogTable, readTable, requireTable, targetColumn } from './catalog.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { chooseForm, noBulk } from './choose-form.ts';
import { provenCondition } from './condition.ts';
import { createTable, type TableDdl } from './ddl.ts';
import { encoderFor, pair, type TargetColumn } from './encode.ts';
import { serverErrorNumber } from './errors.ts';
import { InsertLoader } from './insert-loader.ts';
import { LoadLoader } from './load-data/load-loader.ts';
import type { Loader } from './loader.ts';
import { nameLengthMax, quoteName, quoteTable, quoteText } from './names.ts';
import type { Session, SessionRole } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { takeOver } from './succession.ts';
import { MysqlSliceWriter } from './writer.ts';

export interface SinkTools {
  readonly link: SqlLink;
  readonly host: Host;
  readonly sessions: Sessions;
  /** What turns tuples of COPY BINARY into bulk commands; the fastest that this process can run unless told. */
  readonly openEncoder?: OpenEncoder;
}

/** TRUNCATE is refused: no DROP right, or another table refers to this one. DELETE may still do. */
const truncateRefused = new Set([1142, 1227, 1701]);
const noSuchDatabase = 1049;

export class MysqlSink implements Sink {
  readonly #tools: SinkTools;
  readonly #options: SqlSinkOptions;
  /** The table as the first writer found it. */
  #target: CatalogTable | null = null;

  constructor(tools: SinkTools, options: SqlSinkOptions) {
    this.#tools = tools;
    this.#options = options;
  }

  async agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }> {
    const { schema, table, preparation } = this.#options;
    const names = columnNames ?? this.#options.columns ?? offer.columns.map((column) => column.name);
    checkNames(names, offer);
    return this.#with('read', async (session) => {
      const found = await readTable(session, schema, table, false);
      if (found === null && preparation === 'DO_NOTHING') {
        throw new SluiceError('Cdm.0900', { table: this.#name() });
      }
      const isCreated = found === null || preparation === 'DROP_AND_CREATE';
      if (isCreated) {
        const { columnTypes, warnings } = await this.#design(session, offer, names, []);
        const targets = names.map((name, at) => plannedColumn(name, columnTypes[at] ?? ''));
        return { ...chooseForm(session, offer, targets), warnings, columnNames: names };
      }
      const warnings = pairColumns(offer, names, found);
      const targets = names.map((name) => targetColumn(found, requireColumn(found, name)));
      const targetTypes = names.map((name) => found.shape.columns[requireColumn(found, name)]?.type ?? null);
      return { ...chooseForm(session, offer, targets), warnings, targetTypes, columnNames: names };
    });
  }

  async prepare(plan: TargetPlan, isRepeated = false): Promise<void> {
    const { schema, table, preparation, clearing } = this.#options;
    await this.#with('write', async (session) => {
      await this.#takeOver(session, plan, 'prepare', isRepeated);
      const checkpoints = new CheckpointTable(schema, plan.runKey);
      await checkpoints.refuseLatePreparation(session);
      if (preparation !== 'DO_NOTHING') await this.#createDatabase(session);
      const found = await readTable(session, schema, table, false);
      if (found === null && preparation === 'DO_NOTHING')
        throw new SluiceError('Cdm.0900', { table: this.#name() });
      const isCreated = found === null || preparation === 'DROP_AND_CREATE';
      if (isCreated) {
        const offer: SourceOffer = { columns: plan.sourceColumns, forms: [plan.form] };
        const { sql, warnings } = await this.#design(session, offer, plan.columnNames, plan.sourcePrimaryKey);
        for (const warning of warnings) this.#tools.host.log(warning);
        if (found !== null)
          await session.run(`DROP TABLE ${quoteTable(schema, table)}`, 'create', this.#name());
        await session.run(sql, 'create', this.#name());
      } else if (clearing.kind !== 'none') await this.#clear(session);
      await checkpoints.create(session);
    });
  }

  async openWriter(plan: TargetPlan, slice: Slice, isRepeated = false): Promise<SliceWriter> {
    const { schema, table } = this.#options;
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
      // Ends the snapshot of the look-ups and the lock that keeps the tables from being dropped.
      await session.run('COMMIT', 'write', this.#name());
      const loader = await this.#openLoader(session, plan, columns);
      return new MysqlSliceWriter({
        session,
        checkpoints,
        sliceNo: slice.no,
        resumed,
        target: this.#name(),
        isTransactional: found.isTransactional,
        loader,
      });
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async #openLoader(session: Session, plan: TargetPlan, columns: readonly TargetColumn[]): Promise<Loader> {
    const { schema, table } = this.#options;
    const target = this.#name();
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
        insertHead: `INSERT INTO ${quoteTable(schema, table)} (${columns.map((c) => quoteName(c.name)).join(', ')}) VALUES `,
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
    const parts = { session, target, quotedTable: quoteTable(schema, table), kernels, silenceTimeoutMs };
    if (session.offersBulk)
      return BulkLoader.open({ ...parts, openEncoder: this.#tools.openEncoder ?? openEncoder });
    return new LoadLoader({ ...parts, signal: this.#tools.host.signal });
  }

  async checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>> {
    return this.#with('read', (session) =>
      new CheckpointTable(this.#options.schema, plan.runKey).readAll(session),
    );
  }

  async finish(plan: TargetPlan, _outcome: 'publish' | 'discard'): Promise<void> {
    // Rows went straight into the destination, so both outcomes leave it as it is.
    try {
      await this.#with('write', (session) =>
        new CheckpointTable(this.#options.schema, plan.runKey).drop(session),
      );
    } catch (error) {
      // The database itself is gone, and the table with it.
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

  async #clear(session: Session): Promise<void> {
    const { schema, table, clearing } = this.#options;
    const quoted = quoteTable(schema, table);
    if (clearing.kind === 'where') {
      await session.run(`USE ${quoteName(schema)}`, 'clear', this.#name());
      const condition = await provenCondition(session, schema, table, clearing.where);
      await session.run(`DELETE FROM ${quoted} WHERE ${condition}`, 'clear', this.#name());
    } else {
      try {
        await session.run(`TRUNCATE TABLE ${quoted}`, 'clear', this.#name());
      } catch (error) {
        if (!truncateRefused.has(serverErrorNumber(error) ?? 0)) throw error;
        await session.run(`DELETE FROM ${quoted}`, 'clear', this.#name());
      }
    }
    await session.run('COMMIT', 'clear', this.#name());
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
