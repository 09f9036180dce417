import type { SqlConflict } from '../jdbc/sql-options.ts';
import { quoteName } from './quote.ts';
import type { UniqueKey } from './relation.ts';

/** Rows of one table that are to go into another. */
export interface RowMerge {
  /** Quoted. */
  readonly from: string;
  /** Quoted. */
  readonly into: string;
  readonly columnNames: readonly string[];
  readonly conflict: SqlConflict;
  /** Column of `from` that numbers the rows as they came; not needed for `refuse`. */
  readonly arrival: string;
  /** Of `into`, all of whose columns are among those; at least one unless the conflict is `refuse`. */
  readonly keys: readonly UniqueKey[];
  /** In the forms of PostgreSQL 9.2. */
  readonly isGauss: boolean;
}

/**
 * Statements that move rows as if each were written by itself, in the order in which they came. Pure; to be run in one
 * transaction.
 *
 * `update`: of the rows with one key the last one counts, for each of them sets the same columns. The first key decides, as
 * PostgreSQL lets a statement look at one only; a clash in another key is an error.
 *
 * `replace`: a row deletes what it clashes with in any key, rows of its own run too. So every row deletes in `into`, and
 * those are inserted that no later one clashes with, in whichever key.
 *
 * OVERRIDING SYSTEM VALUE: what COPY does with identity columns, which GaussDB does not have.
 */
export function mergeStatements(merge: RowMerge): readonly string[] {
  const { from, into, conflict, keys, isGauss } = merge;
  const columns = merge.columnNames.map(quoteName).join(', ');
  const overriding = isGauss ? '' : 'OVERRIDING SYSTEM VALUE ';
  const insert = `INSERT INTO ${into} (${columns}) ${overriding}SELECT ${columns} FROM`;
  if (conflict === 'refuse') return [`${insert} ${from}`];
  if (conflict === 'update' && isGauss) return gaussUpdateStatements(merge);
  if (conflict === 'update') {
    const [key] = keys;
    if (key === undefined) throw new RangeError('no key to find the rows by');
    return [`${insert} ${lastOnes(merge, [key])} ORDER BY ${namesOf(key)} ${onConflict(merge, key)}`];
  }
  return [
    ...keys.map((key) => `DELETE FROM ${into} AS there USING ${from} AS came WHERE ${clashOf(key)}`),
    `${insert} ${lastOnes(merge, keys)}`,
  ];
}

/**
 * `update` without ON CONFLICT, which 9.2 does not know: rows that are there are updated, the others inserted. Where two sessions
 * insert one key at once the later one is refused, and begins its commit again.
 */
function gaussUpdateStatements(merge: RowMerge): readonly string[] {
  const [key] = merge.keys;
  if (key === undefined) throw new RangeError('no key to find the rows by');
  const columns = merge.columnNames.map(quoteName).join(', ');
  const inKey = new Set(key.columns.map(({ name }) => name));
  const settings = merge.columnNames
    .filter((name) => !inKey.has(name))
    .map((name) => `${quoteName(name)} = came.${quoteName(name)}`);
  const last = `(SELECT ${columns} FROM ${lastOnes(merge, [key])})`;
  const update = `UPDATE ${merge.into} AS there SET ${settings.join(', ')} FROM ${last} AS came WHERE ${clashOf(key)}`;
  const insert =
    `INSERT INTO ${merge.into} (${columns}) SELECT ${columns} FROM ${last} AS came ` +
    `WHERE NOT EXISTS (SELECT 1 FROM ${merge.into} AS there WHERE ${clashOf(key)})`;
  return settings.length === 0 ? [insert] : [update, insert];
}

function onConflict({ columnNames }: RowMerge, key: UniqueKey): string {
  const inKey = new Set(key.columns.map(({ name }) => name));
  const settings = columnNames
    .filter((name) => !inKey.has(name))
    .map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`);
  const action = settings.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${settings.join(', ')}`;
  return `ON CONFLICT (${namesOf(key)}) ${action}`;
}

/** The rows behind which no other one comes that clashes with them in one of the keys, as what stands in FROM. */
function lastOnes({ from, columnNames, arrival }: RowMerge, keys: readonly UniqueKey[]): string {
  const later = keys.map((_, at) => quoteName(`${arrival}_${at}`));
  const looks = keys.map(
    (key, at) =>
      `lead(true) OVER (PARTITION BY ${namesOf(key)} ORDER BY ${quoteName(arrival)}) AS ${later[at]}`,
  );
  const conditions = keys.map((key, at) => {
    const nullable = key.nullsAreEqual ? [] : key.columns.filter(({ isNullable }) => isNullable);
    const nulls = nullable.map(({ name }) => `${quoteName(name)} IS NULL`);
    return `(${[`${later[at]} IS NULL`, ...nulls].join(' OR ')})`;
  });
  return (
    `(SELECT ${columnNames.map(quoteName).join(', ')}, ${looks.join(', ')} FROM ${from}) AS came ` +
    `WHERE ${conditions.join(' AND ')}`
  );
}

/** A row of `there` and one of `came` have the same key. */
function clashOf(key: UniqueKey): string {
  return key.columns
    .map(({ name, equals, isNullable }) => {
      const [there, came] = [`there.${quoteName(name)}`, `came.${quoteName(name)}`];
      const isEqual = `${there} ${equals} ${came}`;
      return key.nullsAreEqual && isNullable
        ? `(${isEqual} OR (${there} IS NULL AND ${came} IS NULL))`
        : isEqual;
    })
    .join(' AND ');
}

function namesOf(key: UniqueKey): string {
  return key.columns.map(({ name }) => quoteName(name)).join(', ');
}
