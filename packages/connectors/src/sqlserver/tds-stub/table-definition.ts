import { closing, isSign, isWord, lex, listOf, nameAt, type Piece, typeText } from './lexer.ts';
import { ServerError } from './tokens.ts';

/** A column as `sys.columns` has it. */
export interface StubColumn {
  readonly name: string;
  /** Lower case: `nvarchar`. */
  readonly dataType: string;
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
  readonly isNullable: boolean;
  readonly isIdentity: boolean;
  readonly isComputed: boolean;
  readonly collation: string | null;
  /** In SQLite's words; null: none. */
  readonly defaultSql: string | null;
}

export interface StubKey {
  readonly isPrimary: boolean;
  readonly isClustered: boolean;
  readonly columns: readonly string[];
}

export interface StubTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly StubColumn[];
  readonly keys: readonly StubKey[];
}

const fixedSizes: Readonly<Record<string, readonly [bytes: number, precision: number, scale: number]>> = {
  bit: [1, 1, 0],
  tinyint: [1, 3, 0],
  smallint: [2, 5, 0],
  int: [4, 10, 0],
  bigint: [8, 19, 0],
  real: [4, 24, 0],
  float: [8, 53, 0],
  money: [8, 19, 4],
  smallmoney: [4, 10, 4],
  date: [3, 10, 0],
  datetime: [8, 23, 3],
  smalldatetime: [4, 16, 0],
  uniqueidentifier: [16, 0, 0],
  xml: [-1, 0, 0],
  text: [16, 0, 0],
  ntext: [16, 0, 0],
  image: [16, 0, 0],
  timestamp: [8, 0, 0],
  hierarchyid: [892, 0, 0],
  geometry: [-1, 0, 0],
  geography: [-1, 0, 0],
  sql_variant: [8016, 0, 0],
};
const collated = /^(?:n?(?:var)?char|n?text)$/;
export const DEFAULT_COLLATION = 'SQL_Latin1_General_CP1_CI_AS';

type TypeFacts = Pick<StubColumn, 'dataType' | 'maxLength' | 'precision' | 'scale'>;

/** @param text `decimal(10,2)`. @throws 2715 for a type that there is not. */
export function typeFacts(text: string): TypeFacts {
  const [, word = '', first, second] = /^([a-z0-9_]+)(?:\(([a-z0-9]+)(?:,(\d+))?\))?$/.exec(text) ?? [];
  const dataType = word === 'rowversion' ? 'timestamp' : word === 'integer' ? 'int' : word;
  const number = first === undefined ? null : first === 'max' ? -1 : Number(first);
  const fixed = fixedSizes[dataType];
  if (fixed !== undefined) return { dataType, maxLength: fixed[0], precision: fixed[1], scale: fixed[2] };
  switch (dataType) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return { dataType, maxLength: number ?? 1, precision: 0, scale: 0 };
    case 'nchar':
    case 'nvarchar':
      return { dataType, maxLength: number === -1 ? -1 : (number ?? 1) * 2, precision: 0, scale: 0 };
    case 'decimal':
    case 'numeric':
      return { dataType, maxLength: 17, precision: number ?? 18, scale: Number(second ?? 0) };
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return { dataType, maxLength: 10, precision: 27, scale: number ?? 7 };
    default:
      throw new ServerError(2715, `Cannot find data type ${text}.`);
  }
}

/** CREATE TABLE, with keys that it names. @throws 102, 2715. */
export function readCreateTable(sql: string): StubTable {
  const pieces = lex(sql);
  const name = nameAt(pieces, 2);
  if (name === null || !isSign(pieces[name.end], '(')) throw new ServerError(102, 'Incorrect syntax.');
  const close = closing(pieces, name.end);
  if (close !== pieces.length - 1) throw new ServerError(102, 'Incorrect syntax.');
  const columns: StubColumn[] = [];
  const keys: StubKey[] = [];
  for (const part of listOf(pieces, name.end, close)) {
    const [first] = part;
    if (isWord(first, 'PRIMARY', 'UNIQUE', 'CONSTRAINT')) keys.push(keyOf(part));
    else {
      columns.push(columnOf(part));
      if (part.some((piece) => isWord(piece, 'PRIMARY')))
        keys.push({ isPrimary: true, isClustered: true, columns: [first?.value ?? ''] });
    }
  }
  const keyNames = new Set(keys.filter(({ isPrimary }) => isPrimary).flatMap((key) => key.columns));
  return {
    schema: name.schema,
    name: name.name,
    columns: columns.map((column) => (keyNames.has(column.name) ? { ...column, isNullable: false } : column)),
    keys,
  };
}

function keyOf(part: readonly Piece[]): StubKey {
  const open = part.findIndex((piece) => isSign(piece, '('));
  const columns = listOf(part, open, closing(part, open)).map(([column]) => column?.value ?? '');
  const isPrimary = part.some((piece) => isWord(piece, 'PRIMARY'));
  const isClustered = isPrimary && !part.some((piece) => isWord(piece, 'NONCLUSTERED'));
  return { isPrimary, isClustered, columns };
}

/** `[name] type(…) COLLATE x IDENTITY(1,1) DEFAULT 7 NOT NULL`, or `[name] AS (…)` */
export function columnOf(part: readonly Piece[]): StubColumn {
  const name = part[0]?.value ?? '';
  const isComputed = isWord(part[1], 'AS');
  const isSized = isSign(part[2], '(') && !isComputed;
  const end = isSized ? closing(part, 2) + 1 : 2;
  const facts = typeFacts(isComputed ? 'int' : typeText(part.slice(1, end)));
  const has = (...words: readonly string[]): number => part.findIndex((piece) => isWord(piece, ...words));
  const collate = has('COLLATE');
  const fallback = has('DEFAULT');
  const not = has('NOT');
  const collation = collate < 0 ? null : (part[collate + 1]?.value ?? null);
  return {
    name,
    ...facts,
    isNullable: !(not >= 0 && isWord(part[not + 1], 'NULL')),
    isIdentity: has('IDENTITY') >= 0,
    isComputed,
    collation: collated.test(facts.dataType) ? (collation ?? DEFAULT_COLLATION) : null,
    defaultSql: fallback < 0 ? null : (part[fallback + 1]?.value ?? null),
  };
}
