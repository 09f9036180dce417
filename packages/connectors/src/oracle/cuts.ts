import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { BindValue } from './driver.ts';
import { quoteName, quoteTable } from './names.ts';
import { momentFormatOf } from './select-list.ts';

/** Kinds of columns that ranges can be cut over. `bytes` bounds are hexadecimal. */
export type BoundKind =
  | 'number'
  | 'float'
  | 'date'
  | 'timestamp'
  | 'instant'
  | 'text'
  | 'nationalText'
  | 'bytes'
  | 'rowid';

/** The column that ranges are cut over; of the kind `rowid`, the address of the row. */
export interface KeyPart {
  readonly name: string;
  readonly kind: BoundKind;
}

/** What part of a table a slice is. Plain JSON, read back in another process. */
export interface Cut {
  /** `from` <= key < `below`; null: open. Texts, so that no digit is lost. null: every row. */
  readonly range: {
    readonly key: KeyPart;
    readonly from: string | null;
    readonly below: string | null;
  } | null;
  /** Only the rows in which this column is null, or only those in which it is not. */
  readonly nullness: { readonly column: string; readonly isNull: boolean } | null;
  /** Only rows of this partition or sub-partition. */
  readonly partition: { readonly name: string; readonly isSub: boolean } | null;
}

export const wholeCut: Cut = { range: null, nullness: null, partition: null };

/** What a condition is made of: its SQL, and the values for its places, which are numbered from `first` on. */
export interface BoundSql {
  readonly sql: string;
  readonly binds: readonly BindValue[];
}

/** How a bound is printed so that it can be read back. */
export function printedBound({ kind }: KeyPart, expression: string): string {
  switch (kind) {
    case 'date':
      return `TO_CHAR(${expression}, '${momentFormatOf(0)}')`;
    case 'timestamp':
      return `TO_CHAR(${expression}, '${momentFormatOf(9)}')`;
    case 'instant':
      return `TO_CHAR(${expression} AT TIME ZONE '+00:00', '${momentFormatOf(9)}')`;
    case 'bytes':
      return `RAWTOHEX(${expression})`;
    case 'rowid':
      return `ROWIDTOCHAR(${expression})`;
    default:
      return expression;
  }
}

/** A place for a bound, as a value of the column's own kind: Oracle would convert the column otherwise, and use no index. */
function placeOf(kind: BoundKind, place: string): string {
  switch (kind) {
    case 'number':
      return `TO_NUMBER(${place})`;
    case 'float':
      return `TO_BINARY_DOUBLE(${place})`;
    case 'date':
      return `TO_DATE(${place}, '${momentFormatOf(0)}')`;
    case 'timestamp':
      return `TO_TIMESTAMP(${place}, '${momentFormatOf(9)}')`;
    case 'instant':
      return `FROM_TZ(TO_TIMESTAMP(${place}, '${momentFormatOf(9)}'), '+00:00')`;
    case 'nationalText':
      return `TO_NCHAR(${place})`;
    case 'bytes':
      return `HEXTORAW(${place})`;
    case 'rowid':
      return `CHARTOROWID(${place})`;
    case 'text':
      return place;
  }
}

function keySql({ name, kind }: KeyPart): string {
  return kind === 'rowid' ? 'ROWID' : quoteName(name);
}

/** What stands in FROM for a cut. @param scn the moment to read; null: now. */
export function fromClause(cut: Cut, schema: string, table: string, scn: string | null): string {
  const { partition } = cut;
  const part =
    partition === null
      ? ''
      : ` ${partition.isSub ? 'SUBPARTITION' : 'PARTITION'} (${quoteName(partition.name)})`;
  return `${quoteTable(schema, table)}${part}${scn === null ? '' : ` AS OF SCN ${scn}`}`;
}

/** The conditions of a cut. @param first number of its first place. */
export function cutConditions({ range, nullness }: Cut, first: number): readonly BoundSql[] {
  const parts: BoundSql[] = [];
  if (range !== null) {
    const { key, from, below } = range;
    let place = first;
    for (const [operator, bound] of [
      ['>=', from],
      ['<', below],
    ] as const) {
      if (bound === null) continue;
      parts.push({ sql: `${keySql(key)} ${operator} ${placeOf(key.kind, `:${place}`)}`, binds: [bound] });
      place += 1;
    }
  }
  if (nullness !== null)
    parts.push({ sql: `${quoteName(nullness.column)} IS ${nullness.isNull ? '' : 'NOT '}NULL`, binds: [] });
  return parts;
}

/** The ranges between rising bounds, the first and the last one open to their outer side. */
export function rangesBetween(key: KeyPart, bounds: readonly string[]): readonly NonNullable<Cut['range']>[] {
  return [...bounds, null].map((below, at) => ({ key, from: bounds[at - 1] ?? null, below }));
}

export function cutToJson(cut: Cut): Json {
  return JSON.parse(JSON.stringify(cut)) as Json;
}

/** @throws Cdm.0233 when the JSON is not a cut of ours. */
export function cutFromJson(json: Json): Cut {
  if (
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    'range' in json &&
    'partition' in json
  )
    return json as unknown as Cut;
  throw new SluiceError('Cdm.0233', { cause: 'the slice was not cut by this source' });
}

/** Characters of one value in a label. */
const LABEL_VALUE_CHARS_MAX = 40;

/** The cut for people. */
export function cutLabel({ range, nullness, partition }: Cut): string {
  const parts: string[] = [];
  if (partition !== null) parts.push(`partition ${partition.name}`);
  if (range !== null) {
    const { key, from, below } = range;
    const name = key.kind === 'rowid' ? 'row addresses' : key.name;
    if (from === null) parts.push(`${name} below ${shown(below ?? '')}`);
    else parts.push(`${name} from ${shown(from)}${below === null ? '' : ` to below ${shown(below)}`}`);
  }
  if (nullness !== null) parts.push(`${nullness.column} is ${nullness.isNull ? '' : 'not '}null`);
  return parts.length === 0 ? 'all rows' : parts.join(', ');
}

function shown(value: string): string {
  const text = value.trim();
  return text.length > LABEL_VALUE_CHARS_MAX ? `${text.slice(0, LABEL_VALUE_CHARS_MAX)}…` : text;
}
