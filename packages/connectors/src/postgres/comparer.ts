import {
  type ComparedSide,
  type ComparedTable,
  type Division,
  type FetchedRow,
  type KeyTexts,
  type PartSummary,
  type Region,
  type Repair,
  type RepairCounts,
  type RowDigest,
  type RowHash,
  rowHashes,
  type SinkComparer,
  type SourceComparer,
} from '@sluice/core/connector/comparison';
import type { Snapshot } from '@sluice/core/connector/contract';
import type { Value } from '@sluice/core/data/batch';
import type { Column } from '@sluice/core/data/column';
import type { Text } from '@sluice/core/data/text';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { foreignRows } from '../jdbc/foreign-rows.ts';
import { bracketed } from '../jdbc/predicate-proof.ts';
import { keysCondition, type RegionSql, regionConditions, wholeText } from '../jdbc/region-conditions.ts';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { canonicalDigest, canonicalText, keyLiteral, type PrintingServer } from './canonical.ts';
import { findRelation, requireColumn, shapeOf } from './catalog.ts';
import { proveCondition } from './condition.ts';
import { type Phase, translateError } from './errors.ts';
import { eachPayload } from './frames.ts';
import { quoteName, quoteTable, quoteText } from './quote.ts';
import type { Relation, TableName } from './relation.ts';
import { repairRows } from './repair.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';
import type { PgSnapshots } from './snapshots.ts';
import { decodeRow, decodersOf } from './text-rows.ts';

export interface PgComparerTools {
  readonly sessions: PgSessions;
  readonly table: TableName;
  /** The job's condition on its source, to be proved before use; null: every row. */
  readonly where: string | null;
  /** A column whose nulls the job leaves out; null: none. */
  readonly withoutNullsOf: string | null;
  /** null: a destination. */
  readonly snapshots: PgSnapshots | null;
  /** See `SinkComparer`. */
  readonly foreignRows: SinkComparer['foreignRows'];
  /** See `Comparer`; absent: null. */
  readonly refusal?: Text | null;
}

/** Of a job's destination. */
export function sinkComparer(
  sessions: PgSessions,
  options: SqlSinkOptions,
  refusal: Text | null = null,
): PgComparer {
  return new PgComparer({
    sessions,
    table: { schema: options.schema, table: options.table },
    where: null,
    withoutNullsOf: null,
    snapshots: null,
    foreignRows: foreignRows(options),
    refusal,
  });
}

/** The hexadecimal digits of a row's hash that are summed up: 60 bits fit a bigint without its sign. */
const SUMMED_DIGITS = 15;
/** `sha256` came with 11. */
const SHA256_SINCE = 110_000;

/** Compares and repairs one table of PostgreSQL. */
export class PgComparer implements SourceComparer, SinkComparer {
  readonly foreignRows: SinkComparer['foreignRows'];
  readonly refusal: Text | null;
  readonly #tools: PgComparerTools;
  readonly #tableText: string;
  #seen: { readonly relation: Relation; readonly server: PrintingServer } | null = null;
  /** The conditions that pick the job's rows, proved; null before. */
  #conditions: readonly string[] | null = null;

  constructor(tools: PgComparerTools) {
    this.#tools = tools;
    this.foreignRows = tools.foreignRows;
    this.refusal = tools.refusal ?? null;
    this.#tableText = `${tools.table.schema}.${tools.table.table}`;
  }

  async describe(): Promise<ComparedTable> {
    return await this.#reading(null, 'metadata', async (session) => {
      const { relation } = await this.#look(session, true);
      return {
        shape: shapeOf(relation, null),
        jsonOf: ({ native }) => (native === 'jsonb' ? 'jsonb' : 'text'),
        system: 'PostgreSQL',
        hashes: session.serverVersion >= SHA256_SINCE ? rowHashes : ['md5'],
      };
    });
  }

  async bounds(
    side: ComparedSide,
    at: Snapshot | null,
  ): Promise<{ readonly min: string; readonly max: string } | null> {
    const [first] = side.key;
    if (first === undefined) return null;
    const name = quoteName(first.name);
    const rows = await this.#select(at, side, { range: null, prefixes: null }, () => ({
      list: `min(${name})::text, max(${name})::text`,
    }));
    const [min, max] = rows[0] ?? [];
    return min == null || max == null ? null : { min, max };
  }

  async summarise(
    side: ComparedSide,
    region: Region,
    division: Division,
    at: Snapshot | null,
  ): Promise<readonly PartSummary[]> {
    const rows = await this.#select(at, side, region, (columnOf, server) => {
      const digest = canonicalDigest(side.columns, columnOf, server, hashOf(side));
      const sum = `sum(('x' || left(${digest}, ${SUMMED_DIGITS}))::bit(${SUMMED_DIGITS * 4})::bigint)::text`;
      const part = partOf(side, region, division, columnOf, server);
      return part === null
        ? { list: `'', count(*)::text, ${sum}` }
        : { list: `(${part})::text, count(*)::text, ${sum}`, behind: ' GROUP BY 1' };
    });
    return rows
      .map(([part, count, sum]) => ({ part: part ?? '', rows: Number(count), sum: sum ?? '0' }))
      .filter(({ rows: count }) => count > 0);
  }

  async list(side: ComparedSide, region: Region, at: Snapshot | null): Promise<readonly RowDigest[]> {
    const rows = await this.#select(at, side, region, (columnOf, server) => {
      const key = side.key.map(({ name, form }) => canonicalText(columnOf(name), form, server));
      return { list: [...key, canonicalDigest(side.columns, columnOf, server, hashOf(side))].join(', ') };
    });
    return rows.map((row) => ({ key: row.slice(0, -1), digest: row.at(-1) ?? '' }));
  }

  async fetch(
    side: ComparedSide,
    columnNames: readonly string[],
    keys: readonly KeyTexts[],
  ): Promise<readonly FetchedRow[]> {
    return await this.#reading(null, 'extract', async (session) => {
      const { columnOf, server } = await this.#look(session);
      const printed = side.key.map(({ name, form }) => canonicalText(columnOf(name), form, server));
      const list = [...printed, ...columnNames.map(quoteName)].join(', ');
      const picked = keysCondition(side.key, keys, regionSql(columnOf, server));
      const conditions = [...(await this.#proved(session)), picked];
      const decoders = decodersOf([
        ...printed.map(() => ({ kind: 'text', length: null, fixed: false }) as const),
        ...columnNames.map((name) => columnOf(name).type),
      ]);
      const found: FetchedRow[] = [];
      const select = `SELECT ${list} FROM ${quoteTable(this.#tools.table)} WHERE ${conditions.join(' AND ')}`;
      await session.copyOut(`COPY (\n${select}\n) TO STDOUT`, (run) => {
        eachPayload(run, (buffer, start, end) => {
          const row = decodeRow(buffer, start, end, decoders);
          found.push({
            key: row.slice(0, printed.length).map(textOrNull),
            values: row.slice(printed.length),
          });
        });
        session.giveBack(run.slab);
      });
      return found;
    });
  }

  async repair(repair: Repair): Promise<RepairCounts> {
    const session = await this.#tools.sessions.openData();
    try {
      const { relation, columnOf, server } = await this.#look(session);
      const sql = regionSql(columnOf, server);
      return await repairRows(session, relation, repair, (key, keys) => keysCondition(key, keys, sql));
    } catch (error) {
      throw translateError(error, 'load', this.#tableText);
    } finally {
      this.#tools.sessions.release(session);
    }
  }

  /** Runs one SELECT over the rows of a region. */
  async #select(
    at: Snapshot | null,
    side: ComparedSide,
    region: Region,
    make: (
      columnOf: (name: string) => Column,
      server: PrintingServer,
    ) => { readonly list: string; readonly behind?: string },
  ): Promise<readonly (readonly (string | null)[])[]> {
    return await this.#reading(at, 'extract', async (session) => {
      const { columnOf, server } = await this.#look(session);
      const { list, behind = '' } = make(columnOf, server);
      const conditions = [
        ...(await this.#proved(session)),
        ...regionConditions(side, region, regionSql(columnOf, server)),
      ];
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const { rows } = await session.query(
        `SELECT ${list} FROM ${quoteTable(this.#tools.table)}${where}${behind}`,
      );
      return rows;
    });
  }

  /** In a transaction that cannot write, at one moment. */
  async #reading<T>(at: Snapshot | null, phase: Phase, work: (session: PgSession) => Promise<T>): Promise<T> {
    const { sessions, snapshots } = this.#tools;
    const session = await sessions.openData();
    try {
      if (at === null || snapshots === null)
        await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      else await snapshots.enter(session, at);
      const result = await work(session);
      if (at === null || snapshots === null) await session.query('COMMIT');
      else await snapshots.leave(session, at);
      return result;
    } catch (error) {
      throw translateError(error, phase, this.#tableText);
    } finally {
      // Within a transaction that failed the session is not at rest, and ends here.
      sessions.release(session);
    }
  }

  async #look(
    session: PgSession,
    isAnew = false,
  ): Promise<{
    readonly relation: Relation;
    readonly server: PrintingServer;
    readonly columnOf: (name: string) => Column;
  }> {
    if (isAnew || this.#seen === null) {
      const relation = await findRelation(session, this.#tools.table);
      if (relation === null) throw new SluiceError('Cdm.0900', { table: this.#tableText });
      const { rows } = await session.query('SHOW server_encoding');
      const server = { version: session.serverVersion, isUtf8: rows[0]?.[0] === 'UTF8' };
      this.#seen = { relation, server };
    }
    const { relation, server } = this.#seen;
    return {
      relation,
      server,
      columnOf: (name) => {
        const column = relation.columns.find((each) => each.name === name);
        if (column !== undefined) return column;
        throw new SluiceError('Cdm.0903', { cause: `table ${this.#tableText} has no column "${name}"` });
      },
    };
  }

  async #proved(session: PgSession): Promise<readonly string[]> {
    const { table, where, withoutNullsOf } = this.#tools;
    if (this.#conditions === null) {
      if (where !== null) await proveCondition(session, table, where);
      const present =
        withoutNullsOf === null
          ? null
          : requireColumn((await this.#look(session)).relation, withoutNullsOf).name;
      this.#conditions = [
        ...(where === null ? [] : [bracketed(where)]),
        ...(present === null ? [] : [`${quoteName(present)} IS NOT NULL`]),
      ];
    }
    return this.#conditions;
  }
}

function textOrNull(value: Value): string | null {
  return value === null ? null : String(value);
}

function hashOf({ hash = 'md5' }: ComparedSide): RowHash {
  return hash;
}

function regionSql(columnOf: (name: string) => Column, server: PrintingServer): RegionSql {
  return {
    quoteName,
    quoteText,
    keyDigest: (side) => canonicalDigest(side.key, columnOf, server, hashOf(side)),
    equals: ({ name, form }, text) =>
      `${quoteName(name)} = ${keyLiteral(columnOf(name), form, quoteText(text))}`,
  };
}

/** The part that a row of the region belongs to; null: there is but one. */
function partOf(
  side: ComparedSide,
  { range }: Region,
  division: Division,
  columnOf: (name: string) => Column,
  server: PrintingServer,
): string | null {
  if (division.by === 'none') return null;
  if (division.by === 'hash')
    return `left(${canonicalDigest(side.key, columnOf, server, hashOf(side))}, ${division.digits})`;
  const [first] = side.key;
  if (first === undefined) throw new RangeError('a range without a key');
  const [from, width] = [wholeText(division.from), wholeText(division.width)];
  const name = quoteName(first.name);
  const isInteger = columnOf(first.name).type.kind === 'integer';
  // Plain 64 bits where nothing can run over: no row of the region lies further from its begin than its end does.
  return isInteger && isSmall(from) && isSmall(range?.below ?? null) && isSmall(width)
    ? `(${name}::bigint - (${from})) / ${width}`
    : `div(${name}::numeric - (${from}), ${width})`;
}

/** Both this and its difference to any other such number fit 64 bits. null: it may be any number. */
function isSmall(text: string | null): boolean {
  if (text === null) return false;
  const value = BigInt(text);
  return value > -(2n ** 62n) && value < 2n ** 62n;
}
