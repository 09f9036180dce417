import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { repeatedNames } from './column-pairs.ts';
import { type DatabaseType, readConnectionProperties } from './connection-properties.ts';
import { readOraclePlace } from './oracle-place.ts';
import { queryText } from './query-proof.ts';
import { sqlServerTls } from './sqlserver-tls.ts';

/** How much a TLS connection proves about the server. */
export type TlsVerification = 'none' | 'authority' | 'full';

export interface SqlTls {
  readonly verification: TlsVerification;
  /** PEM text of the authorities to trust; null: those of the runtime. */
  readonly authorities: string | null;
}

/** A link's options, typed and checked. Holds the password in clear. */
export interface SqlLink {
  readonly database: string;
  /** What `database` names, of Oracle; absent: a database. */
  readonly place?: 'service' | 'sid';
  readonly databaseType: DatabaseType;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** null: no encryption. */
  readonly tls: SqlTls | null;
  readonly connectTimeoutMs: number;
  /** Longest silence of the server while work waits for it. */
  readonly silenceTimeoutMs: number;
  /** Rows in one batch at most; null: bounded by bytes only. */
  readonly batchRowsMax: number | null;
  readonly properties: ReadonlyMap<string, string>;
}

/** A job's source options, typed and checked. */
export interface SqlSourceOptions {
  readonly schema: string;
  readonly table: string;
  /** null: every column. */
  readonly columns: readonly string[] | null;
  /** A condition in the database's own SQL, as the user wrote it: to be proved before use. */
  readonly where: string | null;
  readonly partitionColumn: string | null;
  readonly readsNullPartition: boolean;
  /** Read by partitions: those listed, or all where the list is null; null: the table as one. */
  readonly partitions: { readonly list: readonly string[] | null } | null;
  /** A SELECT as the user wrote it, to be proved before use: it is read in place of a table. null: the table. */
  readonly query: string | null;
}

/** What happens to rows that are at the destination already. */
export type SqlClearing =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** `where` as the user wrote it: to be proved before use. */
  | { readonly kind: 'where'; readonly where: string };

/**
 * What happens to a row that has the primary or a unique key of one that is there: `refuse` ends the run or makes it dirty,
 * `replace` deletes what is there and inserts it, `update` changes the columns outside of the key.
 */
export type SqlConflict = 'refuse' | 'replace' | 'update';

/** A job's destination options, typed and checked. */
export interface SqlSinkOptions {
  readonly schema: string;
  readonly table: string;
  /** null: the source's names. */
  readonly columns: readonly string[] | null;
  readonly preparation: 'DO_NOTHING' | 'CREATE_WHEN_NOT_EXIST' | 'DROP_AND_CREATE';
  readonly clearing: SqlClearing;
  /** Text columns of a created table are made `TEXT_WIDENING` times as long. */
  readonly widensText: boolean;
  /** A created table gets the source's NOT NULL constraints. */
  readonly copiesNotNull: boolean;
  readonly conflict: SqlConflict;
  /** Rows go into a table of the run's own first, and are moved in one transaction. */
  readonly isStaged: boolean;
  /** Statements of the user, before the first row and after the last one; null: none. To be proved to be one each. */
  readonly before: string | null;
  readonly after: string | null;
}

/** `extendCharLength` makes text columns this many times as long. */
export const TEXT_WIDENING = 3;

const CONNECT_TIMEOUT_DEFAULT_MS = 10_000;
const SILENCE_TIMEOUT_DEFAULT_MS = 1_800_000;
const BATCH_ROWS_LIMIT = 1_000_000;

/** @throws Cdm.0012 no such driver; Cdm.0962, Cdm.0963, Cdm.0964 host, port, database missing; Cdm.0238, Cdm.0010, Cdm.0024, Cdm.0089. */
export function readSqlLink(values: OptionValues): SqlLink {
  const databaseType = text(values, 'linkConfig.databaseType');
  if (databaseType === '') throw new SluiceError('Cdm.0238', { name: 'linkConfig.databaseType' });
  if (!isOpened(databaseType)) throw new SluiceError('Cdm.0012');
  const host = text(values, 'linkConfig.host').trim();
  if (host === '') throw new SluiceError('Cdm.0962');
  // A path would reach a database socket of this machine, where the server's own user may be trusted without a password.
  if (/[\s/\\;,?#@\0]/.test(host)) {
    throw malformed('linkConfig.host', {
      en: 'It must be one host name or IP address, without a port or a path.',
      zh: '须为一个主机名或 IP 地址，不含端口和路径。',
    });
  }
  const port = text(values, 'linkConfig.port').trim();
  if (port === '') throw new SluiceError('Cdm.0963');
  const oracle = databaseType === 'ORACLE' ? readOraclePlace((option) => text(values, option)) : null;
  const database = oracle?.database ?? text(values, 'linkConfig.database');
  if (database === '') throw new SluiceError('Cdm.0964');
  const user = text(values, 'linkConfig.username');
  if (user === '') throw new SluiceError('Cdm.0238', { name: 'linkConfig.username' });
  for (const [name, value] of [
    ['linkConfig.database', database],
    ['linkConfig.username', user],
  ] as const) {
    refuseNul(name, value);
  }
  const properties = readConnectionProperties(values['linkConfig.jdbcProperties'], databaseType);
  const fetchSize = text(values, 'linkConfig.fetchSize');
  const unitMs = databaseType === 'POSTGRESQL' ? 1000 : 1;
  return {
    database,
    ...(oracle === null ? {} : { place: oracle.place }),
    databaseType,
    host,
    port: whole('linkConfig.port', port, 1, 65_535),
    user,
    password: text(values, 'linkConfig.password'),
    tls: readTls(flag(values, 'linkConfig.useSSL', false), properties, databaseType),
    connectTimeoutMs:
      Number(properties.get('connectTimeout') ?? 0) * unitMs ||
      Number(properties.get('loginTimeout') ?? 0) * 1000 ||
      CONNECT_TIMEOUT_DEFAULT_MS,
    silenceTimeoutMs: Number(properties.get('socketTimeout') ?? 0) * unitMs || SILENCE_TIMEOUT_DEFAULT_MS,
    batchRowsMax: fetchSize === '' ? null : whole('linkConfig.fetchSize', fetchSize, 1, BATCH_ROWS_LIMIT),
    properties,
  };
}

const opened: ReadonlySet<string> = new Set([
  'MYSQL',
  'POSTGRESQL',
  'SQLSERVER',
  'ORACLE',
] satisfies DatabaseType[]);

function isOpened(databaseType: string): databaseType is DatabaseType {
  return opened.has(databaseType);
}

/** @throws Cdm.0913 no schema; Cdm.0238 no table or statement; Cdm.0011 an empty name in a list; Cdm.0085 a statement that is too long. */
export function readSqlSource(values: OptionValues): SqlSourceOptions {
  const shared = {
    columns: columnList(values, 'fromJobConfig.columnList'),
    where: condition(values, 'fromJobConfig.whereClause'),
  };
  if (flag(values, 'fromJobConfig.useSql', false)) {
    const query = queryText('fromJobConfig.sql', text(values, 'fromJobConfig.sql'));
    // A result has neither partitions nor a column to be cut by: what a job still says of them counts for tables.
    const ofTables = { partitionColumn: null, readsNullPartition: true, partitions: null };
    return { schema: '', table: '', ...shared, ...ofTables, query };
  }
  const schema = text(values, 'fromJobConfig.schemaName');
  if (schema === '') throw new SluiceError('Cdm.0913');
  return {
    schema: name('fromJobConfig.schemaName', schema),
    table: name('fromJobConfig.tableName', text(values, 'fromJobConfig.tableName')),
    ...shared,
    partitionColumn: text(values, 'fromJobConfig.partitionColumn') || null,
    readsNullPartition: flag(values, 'fromJobConfig.allowNullValueInPartitionColumn', true),
    partitions: flag(values, 'fromJobConfig.usePartition', false)
      ? { list: columnList(values, 'fromJobConfig.partitionList') }
      : null,
    query: null,
  };
}

/** @throws Cdm.0238 a name or the condition is missing; Cdm.0024 a mode that there is not; Cdm.0011 an empty or repeated column. */
export function readSqlSink(values: OptionValues): SqlSinkOptions {
  const preparation = text(values, 'toJobConfig.tablePreparation') || 'DO_NOTHING';
  if (
    preparation !== 'DO_NOTHING' &&
    preparation !== 'CREATE_WHEN_NOT_EXIST' &&
    preparation !== 'DROP_AND_CREATE'
  ) {
    throw new SluiceError('Cdm.0024', {
      name: 'toJobConfig.tablePreparation',
      range: 'DO_NOTHING, CREATE_WHEN_NOT_EXIST, DROP_AND_CREATE',
    });
  }
  const columns = columnList(values, 'toJobConfig.columnList');
  const [twice] = repeatedNames(columns ?? []);
  if (twice !== undefined) {
    throw malformed('toJobConfig.columnList', {
      en: `The column "${twice}" is named more than once; each column is written once.`,
      zh: `字段“${twice}”重复，每个字段只能写入一次。`,
    });
  }
  return {
    schema: name('toJobConfig.schemaName', text(values, 'toJobConfig.schemaName')),
    table: name('toJobConfig.tableName', text(values, 'toJobConfig.tableName')),
    columns,
    preparation,
    clearing: readClearing(values),
    widensText: flag(values, 'toJobConfig.extendCharLength', false),
    copiesNotNull: flag(values, 'toJobConfig.useNullable', false),
    conflict: readConflict(values),
    isStaged: flag(values, 'toJobConfig.useStageTable', false),
    before: condition(values, 'toJobConfig.preSql'),
    after: condition(values, 'toJobConfig.postSql'),
  };
}

/** Two options for one thing: `onConflict` where it says something else than its default, else `importMode`. */
function readConflict(values: OptionValues): SqlConflict {
  only(values, 'toJobConfig.onConflict', ['EXCEPTION', 'REPLACE', 'UPDATE']);
  only(values, 'toJobConfig.importMode', ['COPY', 'UPSERT', 'GDS']);
  const onConflict = text(values, 'toJobConfig.onConflict');
  if (onConflict === 'REPLACE') return 'replace';
  return onConflict === 'UPDATE' || text(values, 'toJobConfig.importMode') === 'UPSERT' ? 'update' : 'refuse';
}

/** `beforeImportType` wins when it is there; the older `shouldClearTable` counts only without it. */
function readClearing(values: OptionValues): SqlClearing {
  const kind = text(values, 'toJobConfig.beforeImportType');
  switch (kind) {
    case '':
      return flag(values, 'toJobConfig.shouldClearTable', false) ? { kind: 'all' } : { kind: 'none' };
    case 'none':
      return { kind: 'none' };
    case 'shouldClearTable':
      return { kind: 'all' };
    case 'whereClause': {
      const where = condition(values, 'toJobConfig.whereClause');
      if (where === null) throw new SluiceError('Cdm.0238', { name: 'toJobConfig.whereClause' });
      return { kind: 'where', where };
    }
    default:
      throw new SluiceError('Cdm.0024', {
        name: 'toJobConfig.beforeImportType',
        range: 'none, shouldClearTable, whereClause',
      });
  }
}

function readTls(
  isWanted: boolean,
  properties: ReadonlyMap<string, string>,
  databaseType: DatabaseType,
): SqlTls | null {
  const property = databaseType === 'POSTGRESQL' ? 'sslmode' : 'sslMode';
  const mode = properties.get(property);
  const authorities = properties.get('sslrootcert') ?? null;
  if (authorities !== null && !authorities.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SluiceError('Cdm.0020', {
      name: 'linkConfig.jdbcProperties.sslrootcert',
      text: '-----BEGIN CERTIFICATE-----',
    });
  }
  if (databaseType === 'SQLSERVER') return sqlServerTls(isWanted, properties, authorities);
  switch (mode) {
    case undefined: {
      if (!isWanted) return null;
      const isNameless = properties.get('oracle.net.ssl_server_dn_match') === 'false';
      return { verification: isNameless ? 'authority' : 'full', authorities };
    }
    case 'disable':
    case 'DISABLED':
      // Two settings that contradict each other: the one that would send a password in clear must not win in silence.
      if (isWanted) {
        throw new SluiceError('Cdm.0024', {
          name: `linkConfig.jdbcProperties.${property}`,
          range: 'require, verify-ca, verify-full',
        });
      }
      return null;
    case 'require':
    case 'REQUIRED':
      return { verification: 'none', authorities };
    case 'verify-ca':
    case 'VERIFY_CA':
      return { verification: 'authority', authorities };
    default:
      return { verification: 'full', authorities };
  }
}

/** An option as text; absent and null are ''. Numbers and booleans from lenient clients become text. */
function text(values: OptionValues, option: string): string {
  const value = values[option];
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw new SluiceError('Cdm.0004', { name: option });
  return String(value);
}

function flag(values: OptionValues, option: string, otherwise: boolean): boolean {
  const value = text(values, option).trim().toLowerCase();
  if (value === '') return otherwise;
  if (value !== 'true' && value !== 'false')
    throw new SluiceError('Cdm.0024', { name: option, range: 'true, false' });
  return value === 'true';
}

function whole(option: string, value: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw new SluiceError('Cdm.0024', { name: option, range: `${min}, ${max}` });
  return number;
}

/** Values that are not among those of the option end the job before it starts. */
function only(values: OptionValues, option: string, built: readonly string[]): void {
  const value = text(values, option);
  if (value !== '' && !built.includes(value))
    throw new SluiceError('Cdm.0024', { name: option, range: built.join(', ') });
}

function name(option: string, value: string): string {
  if (value === '') throw new SluiceError('Cdm.0238', { name: option });
  refuseNul(option, value);
  return value;
}

/** Names joined by `&`, as typed: blanks belong to a name, for databases allow them. */
function columnList(values: OptionValues, option: string): readonly string[] | null {
  const list = text(values, option);
  if (list === '') return null;
  const names = list.split('&');
  if (names.includes('')) {
    throw malformed(option, {
      en: `Name ${names.indexOf('') + 1} of ${names.length} is empty; names are joined by single & signs.`,
      zh: `第 ${names.indexOf('') + 1} 个名称为空（共 ${names.length} 个）；名称之间以单个 & 连接。`,
    });
  }
  for (const column of names) refuseNul(option, column);
  return names;
}

function condition(values: OptionValues, option: string): string | null {
  const value = text(values, option);
  refuseNul(option, value);
  return value.trim() === '' ? null : value;
}

/** A NUL byte ends a string of the wire protocols: what follows it would be read as the next field. */
function refuseNul(option: string, value: string): void {
  if (value.includes('\0')) throw new SluiceError('Cdm.0024', { name: option, range: 'text without NUL' });
}

function malformed(name: string, why: Text): SluiceError {
  return new SluiceError('Cdm.0011', { name, ...explained(why) });
}
