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
import type { Host, Snapshot } from '@sluice/core/connector/contract';
import type { Text } from '@sluice/core/data/text';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { foreignRows } from '../jdbc/foreign-rows.ts';
import { keysCondition, type RegionSql, regionConditions, wholeText } from '../jdbc/region-conditions.ts';
import type { SqlLink, SqlSinkOptions } from '../jdbc/sql-options.ts';
import { canonicalDigest, canonicalText, keyEquality, type PrintedColumn } from './canonical.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { decoderFor, RowDecoder } from './decode.ts';
import { serverErrorNumber } from './errors.ts';
import { quoteName, quoteTable, quoteText } from './names.ts';
import { repairRows } from './repair.ts';
import { streamRows } from './row-stream.ts';
import type { Row, Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { lostOr, type MysqlSnapshots } from './snapshots.ts';
import { isSpatial } from './types.ts';

export interface MysqlComparerTools {
  readonly sessions: Sessions;
  readonly signal: AbortSignal;
  readonly silenceTimeoutMs: number;
  readonly database: string;
  readonly table: string;
  readonly tinyIntIsBoolean: boolean;
  readonly zeroDateIsNull: boolean;
  /** The job's condition on its source, to be proved before use; null: every row. */
  readonly where: string | null;
  /** A column whose nulls the job leaves out; null: none. */
  readonly withoutNullsOf: string | null;
  /** null: a destination. */
  readonly snapshots: MysqlSnapshots | null;
  /** See `SinkComparer`. */
  readonly foreignRows: SinkComparer['foreignRows'];
  /** See `Comparer`; absent: null. */
  readonly refusal?: Text | null;
}

/** Of a job's destination. */
export function sinkComparer(
  { sessions, host, link }: { readonly sessions: Sessions; readonly host: Host; readonly link: SqlLink },
  options: SqlSinkOptions,
): MysqlComparer {
  return new MysqlComparer({
    sessions,
    signal: host.signal,
    silenceTimeoutMs: link.silenceTimeoutMs,
    database: options.schema,
    table: options.table,
    tinyIntIsBoolean: false,
    zeroDateIsNull: false,
    where: null,
    withoutNullsOf: null,
    snapshots: null,
    foreignRows: foreignRows(options),
  });
}

/** The hexadecimal digits of a row's hash that are summed up. */
const SUMMED_DIGITS = 15;
/** A row's canonical text must fit the server's packets: what does not is a null, and would not count. */
const PACKET_BYTES_MIN = 1024 * 1024;
const resultTooLong = 1301;
const noSuchFunction = 1305;
/** Since this version JSON of MySQL itself is a value; MariaDB keeps the text. */
const parsedJson = 'json';

/** Compares and repairs one table of MySQL or MariaDB. */
export class MysqlComparer implements SourceComparer, SinkComparer {
  readonly foreignRows: SinkComparer['foreignRows'];
  readonly refusal: Text | null;
  readonly #tools: MysqlComparerTools;
  readonly #name: string;
  #table: CatalogTable | null = null;
  /** The conditions that pick the job's rows, proved; null before. */
  #conditions: readonly string[] | null = null;

  constructor(tools: MysqlComparerTools) {
    this.#tools = tools;
    this.foreignRows = tools.foreignRows;
    this.refusal = tools.refusal ?? null;
    this.#name = `${tools.database}.${tools.table}`;
  }

  async describe(): Promise<ComparedTable> {
    return await this.#reading(null, async (session) => {
      this.#table = null;
      const { shape, native } = await this.#look(session);
      if (session.packetBytesMax < PACKET_BYTES_MIN) {
        throw new SluiceError('Cdm.0233', {
          cause: `max_allowed_packet is ${session.packetBytesMax}, comparing wants ${PACKET_BYTES_MIN}`,
        });
      }
      return {
        shape,
        jsonOf: ({ name }) => {
          const at = shape.columns.findIndex((column) => column.name === name);
          return native[at]?.dataType === parsedJson ? 'parsed' : 'text';
        },
        system: session.isMariaDb ? 'MariaDB' : 'MySQL',
        hashes: (await this.#hasMd5(session)) ? rowHashes : ['sha256'],
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
      list: `CAST(MIN(${name}) AS CHAR), CAST(MAX(${name}) AS CHAR)`,
    }));
    const [min, max] = (rows[0] ?? []).map(textOf);
    return min == null || max == null ? null : { min, max };
  }

  async summarise(
    side: ComparedSide,
    region: Region,
    division: Division,
    at: Snapshot | null,
  ): Promise<readonly PartSummary[]> {
    const rows = await this.#select(at, side, region, (columnOf) => {
      const digest = canonicalDigest(side.columns, columnOf, hashOf(side));
      const sum = `CAST(SUM(CAST(CONV(LEFT(${digest}, ${SUMMED_DIGITS}), 16, 10) AS UNSIGNED)) AS CHAR)`;
      const part = partOf(side, division, columnOf);
      return part === null
        ? { list: `'', COUNT(*), ${sum}` }
        : { list: `${part} AS part, COUNT(*), ${sum}`, behind: ' GROUP BY part' };
    });
    return rows
      .map(([part, count, sum]) => ({
        part: textOf(part ?? null) ?? '',
        rows: Number(count),
        sum: textOf(sum ?? null) ?? '0',
      }))
      .filter(({ rows: count }) => count > 0);
  }

  async list(side: ComparedSide, region: Region, at: Snapshot | null): Promise<readonly RowDigest[]> {
    const rows = await this.#select(at, side, region, (columnOf) => {
      const key = side.key.map(({ name, form }) => canonicalText(columnOf(name), form));
      return { list: [...key, canonicalDigest(side.columns, columnOf, hashOf(side))].join(', ') };
    });
    return rows.map((row) => ({
      key: row.slice(0, -1).map(textOf),
      digest: textOf(row.at(-1) ?? null) ?? '',
    }));
  }

  async fetch(
    side: ComparedSide,
    columnNames: readonly string[],
    keys: readonly KeyTexts[],
  ): Promise<readonly FetchedRow[]> {
    const { database, table, zeroDateIsNull, silenceTimeoutMs, signal } = this.#tools;
    return await this.#reading(null, async (session) => {
      const columnOf = printedColumns(await this.#look(session), this.#tools);
      const printed = side.key.map(({ name, form }) => canonicalText(columnOf(name), form));
      const wanted = columnNames.map((name) => {
        const { native } = columnOf(name);
        return isSpatial(native.dataType) ? `ST_AsText(${quoteName(name)})` : quoteName(name);
      });
      const conditions = [
        ...(await this.#proved(session)),
        keysCondition(side.key, keys, regionSql(columnOf)),
      ];
      const sql = `SELECT ${[...printed, ...wanted].join(', ')} FROM ${quoteTable(database, table)} WHERE ${conditions.join(' AND ')}`;
      const decoder = new RowDecoder([
        ...printed.map(() => null),
        ...columnNames.map((name) => decoderFor(columnOf(name).column, zeroDateIsNull)),
      ]);
      const found: FetchedRow[] = [];
      const reading = { sql, target: this.#name, decoder, positionOf: () => null, silenceTimeoutMs, signal };
      for await (const batch of streamRows(session, { ...reading, batchRowsMax: Number.POSITIVE_INFINITY })) {
        for (const row of batch.rows)
          found.push({
            key: row.slice(0, printed.length).map((cell) => textOf(cell as Row[number])),
            values: row.slice(printed.length),
          });
      }
      // Every set of keys is a statement of its own, of which the server keeps only so many.
      if (session.isUsable()) session.native.unprepare(sql);
      return found;
    });
  }

  async repair(repair: Repair): Promise<RepairCounts> {
    const session = await this.#tools.sessions.open('write', this.#tools.database);
    try {
      const table = await this.#look(session);
      const columnOf = printedColumns(table, this.#tools);
      const sql = regionSql(columnOf);
      return await repairRows(session, table, repair, (keys) => keysCondition(repair.side.key, keys, sql));
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      await session.close();
    }
  }

  /** Runs one SELECT over the rows of a region. */
  async #select(
    at: Snapshot | null,
    side: ComparedSide,
    region: Region,
    make: (columnOf: (name: string) => PrintedColumn) => { readonly list: string; readonly behind?: string },
  ): Promise<readonly Row[]> {
    const { database, table } = this.#tools;
    return await this.#reading(at, async (session) => {
      const columnOf = printedColumns(await this.#look(session), this.#tools);
      const { list, behind = '' } = make(columnOf);
      const conditions = [
        ...(await this.#proved(session)),
        ...regionConditions(side, region, regionSql(columnOf)),
      ];
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const rows = await session.rows(
        `SELECT ${list} FROM ${quoteTable(database, table)}${where}${behind}`,
        'read',
        this.#name,
      );
      await this.#refuseCutTexts(session);
      return rows;
    });
  }

  /** Since 9.6 MD5 is a component of MySQL that a server may have or not. */
  async #hasMd5(session: Session): Promise<boolean> {
    try {
      await session.rows(`SELECT MD5('')`, 'read', this.#name);
      return true;
    } catch (error) {
      if (serverErrorNumber(error) === noSuchFunction) return false;
      throw error;
    }
  }

  /** A text that is longer than the server's packets comes as null, with no more than a warning. */
  async #refuseCutTexts(session: Session): Promise<void> {
    const [row] = await session.rows('SELECT @@warning_count', 'read', this.#name);
    if (Number(row?.[0]) === 0) return;
    for (const [, code, message] of await session.rows('SHOW WARNINGS', 'read', this.#name)) {
      if (Number(code) === resultTooLong) throw new SluiceError('Cdm.0233', { cause: String(message) });
    }
  }

  /** In one statement after the other, each of which sees one moment. */
  async #reading<T>(at: Snapshot | null, work: (session: Session) => Promise<T>): Promise<T> {
    const { sessions, snapshots, database } = this.#tools;
    const isAtMoment = at !== null && snapshots !== null;
    const session = isAtMoment ? snapshots.enter(at) : await sessions.open('read', database);
    try {
      const result = await work(session);
      await session.close();
      return result;
    } catch (error) {
      session.destroy();
      // What it was computing is for nobody any more.
      await session.killQuery();
      throw isAtMoment ? lostOr(error) : error;
    }
  }

  async #look(session: Session): Promise<CatalogTable> {
    const { database, table, tinyIntIsBoolean } = this.#tools;
    this.#table ??= await requireTable(session, database, table, tinyIntIsBoolean);
    return this.#table;
  }

  async #proved(session: Session): Promise<readonly string[]> {
    const { database, table, where, withoutNullsOf } = this.#tools;
    this.#conditions ??= [
      ...(where === null ? [] : [await provenCondition(session, database, table, where)]),
      ...(withoutNullsOf === null ? [] : [`${quoteName(withoutNullsOf)} IS NOT NULL`]),
    ];
    return this.#conditions;
  }
}

/** A cell as text; texts in our digests are bytes to the server. */
function textOf(cell: Row[number] | Uint8Array): string | null {
  if (cell === null || cell === undefined) return null;
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('utf8') : String(cell);
}

/** Column names do not mind the case in MySQL. */
function printedColumns(
  { shape, native }: CatalogTable,
  { zeroDateIsNull }: Pick<MysqlComparerTools, 'zeroDateIsNull'>,
): (name: string) => PrintedColumn {
  const byName = new Map(shape.columns.map((column, at) => [column.name.toLowerCase(), at]));
  return (name) => {
    const at = byName.get(name.toLowerCase()) ?? -1;
    const [column, facts] = [shape.columns[at], native[at]];
    if (column !== undefined && facts !== undefined) return { column, native: facts, zeroDateIsNull };
    throw new SluiceError('Cdm.0902', { cause: `${shape.schema}.${shape.table} has no column ${name}` });
  };
}

function hashOf({ hash = 'md5' }: ComparedSide): RowHash {
  return hash;
}

function regionSql(columnOf: (name: string) => PrintedColumn): RegionSql {
  return {
    quoteName,
    quoteText,
    keyDigest: (side) => canonicalDigest(side.key, columnOf, hashOf(side)),
    equals: ({ name, form }, text) => keyEquality(columnOf(name), form, text),
  };
}

/** The part that a row belongs to; null: there is but one. */
function partOf(
  side: ComparedSide,
  division: Division,
  columnOf: (name: string) => PrintedColumn,
): string | null {
  if (division.by === 'none') return null;
  if (division.by === 'hash')
    return `LEFT(${canonicalDigest(side.key, columnOf, hashOf(side))}, ${division.digits})`;
  const [first] = side.key;
  if (first === undefined) throw new RangeError('a range without a key');
  // As decimals nothing runs over, signed or not.
  const name = `CAST(${quoteName(first.name)} AS DECIMAL(65,0))`;
  return `(${name} - (${wholeText(division.from)})) DIV ${wholeText(division.width)}`;
}
