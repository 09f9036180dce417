import type { StubColumn, StubDatabase, StubTable } from './database-suite.ts';
import { type Cell, field, type ResultField } from './sql-expressions-suite.ts';

interface CatalogAnswer {
  readonly fields: readonly ResultField[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Queries over the server's own views, told by their text; null: it is none of these. */
export function catalogRows(
  database: StubDatabase,
  sql: string,
  binds: readonly Cell[],
): CatalogAnswer | null {
  const [first = null, second = null] = binds;
  const table = database.tables.get(`${first}.${second}`);
  const texts = (
    rows: readonly (readonly Cell[])[],
    width: number,
    numbers: readonly number[] = [],
  ): CatalogAnswer => ({
    fields: Array.from({ length: width }, (_, at) =>
      field(`C${at}`, numbers.includes(at) ? 'NUMBER' : 'VARCHAR2'),
    ),
    rows,
  });
  if (sql.includes('FROM ALL_TAB_COLS c'))
    return texts((table?.columns ?? []).map(columnFacts), 12, [3, 4, 5, 6, 10]);
  if (sql.includes('FROM ALL_TABLES') && sql.includes('IOT_TYPE')) {
    const facts = (found: StubTable): Cell[] => {
      const rows = String(database.visible(found, null, null).length);
      const blocks = found.blocks === null ? null : String(found.blocks);
      return [blocks === null ? null : rows, blocks, null, found.partitions.length > 0 ? 'YES' : 'NO', null];
    };
    return texts(table === undefined ? [] : [facts(table)], 5, [0, 1, 2]);
  }
  if (sql.includes('FROM ALL_CONSTRAINTS c'))
    return texts(
      (table?.primaryKey ?? []).map((name) => [name]),
      1,
    );
  if (sql.includes('FROM ALL_TAB_PARTITIONS'))
    return texts(
      (table?.partitions ?? []).map((name) => [name, null, '0']),
      3,
      [1, 2],
    );
  if (sql.includes('FROM NLS_DATABASE_PARAMETERS'))
    return texts(
      [
        ['NLS_CHARACTERSET', 'AL32UTF8'],
        ['NLS_NCHAR_CHARACTERSET', 'AL16UTF16'],
      ],
      2,
    );
  if (sql.includes('FROM SESSION_PRIVS')) return texts([['CREATE TABLE', 'SUITE']], 2);
  if (sql.includes('FROM ALL_TAB_COLUMNS WHERE 1 = 0')) return texts([['0']], 1, [0]);
  if (sql.includes('GET_SYSTEM_CHANGE_NUMBER')) return texts([[String(database.scn)]], 1);
  if (sql.includes('SYS_EXTRACT_UTC(SYSTIMESTAMP)'))
    return texts([[new Date().toISOString().slice(0, 23)]], 1);
  if (sql.includes('FROM V$SESSION'))
    return texts(
      [...database.sessions]
        .filter(({ identifier }) => identifier === first)
        .map(({ id }) => [String(id), '1']),
      2,
      [0, 1],
    );
  if (sql.includes('FROM ALL_USERS'))
    return listed(sql, [...new Set([...database.tables.values()].map(({ owner }) => [owner]))], texts);
  if (sql.includes("'T' K"))
    return listed(
      sql,
      [...database.tables.values()]
        .filter(({ owner }) => owner === first)
        .map(({ name }) => [name, 'T', null]),
      texts,
    );
  return null;
}

function listed(
  sql: string,
  rows: readonly (readonly Cell[])[],
  texts: (rows: readonly (readonly Cell[])[], width: number, numbers?: readonly number[]) => CatalogAnswer,
): CatalogAnswer {
  if (sql.startsWith('SELECT COUNT')) return texts([[String(rows.length)]], 1, [0]);
  return texts(rows, rows[0]?.length ?? 1, [2]);
}

const nativeNames: Readonly<Record<string, string>> = {
  TIMESTAMP_TZ: 'TIMESTAMP(9) WITH TIME ZONE',
  TIMESTAMP: 'TIMESTAMP(9)',
  INTERVAL: 'INTERVAL DAY(2) TO SECOND(6)',
};

/** A column as ALL_TAB_COLS has it. */
function columnFacts(column: StubColumn): readonly Cell[] {
  const { name, type, length = 0, precision, scale, isNotNull, countsCharacters } = column;
  const number = (value: number | undefined) => (value === undefined ? null : String(value));
  return [
    name,
    nativeNames[type] ?? type.replace('_TZ', ''),
    null,
    String(type === 'NUMBER' ? 22 : countsCharacters === true ? length * 4 : length),
    number(precision),
    type === 'NUMBER' ? number(scale ?? (precision === undefined ? undefined : 0)) : null,
    String(length),
    countsCharacters === true ? 'C' : 'B',
    isNotNull === true ? 'N' : 'Y',
    column.isVirtual === true ? 'YES' : 'NO',
    null,
    null,
  ];
}
