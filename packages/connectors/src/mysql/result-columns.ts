import type { CatalogTable } from './catalog.ts';

/** A column of a result as mysql2 reads its definition. */
export interface ResultColumn {
  readonly name: string;
  readonly columnType: number;
  /** In bytes for text. */
  readonly columnLength: number;
  readonly characterSet: number;
  readonly flags: number;
  readonly decimals: number;
}

const UNSIGNED_FLAG = 0x20;
const ZEROFILL_FLAG = 0x40;
const BINARY_CHARACTER_SET = 63;
/** Our sessions speak utf8mb4: so many bytes are reserved for a character. */
const BYTES_PER_CHARACTER = 4;
const FRACTION_MAX = 6;
const CHAR_LENGTH_MAX = 255;
const VARCHAR_LENGTH_MAX = 16_383;
const VARBINARY_LENGTH_MAX = 65_532;

const integers: Readonly<Record<number, string>> = {
  1: 'tinyint',
  2: 'smallint',
  9: 'mediumint',
  3: 'int',
  8: 'bigint',
};

/** A result's column as information_schema would describe a column of a table. */
export function resultColumn(column: ResultColumn): CatalogTable['native'][number] {
  const { columnType: type, columnLength: length, flags, decimals } = column;
  const sign = (flags & UNSIGNED_FLAG) !== 0 ? ' unsigned' : '';
  const fill = (flags & ZEROFILL_FLAG) !== 0 ? ' zerofill' : '';
  const integer = integers[type];
  if (integer !== undefined) {
    // TINYINT(1) is a boolean by its width.
    const width = (type === 1 && length === 1) || fill !== '' ? `(${length})` : '';
    return native(integer, `${integer}${width}${sign}${fill}`);
  }
  const fraction = Math.min(decimals, FRACTION_MAX);
  const withFraction = (name: string) =>
    native(name, fraction > 0 ? `${name}(${fraction})` : name, { fraction });
  switch (type) {
    case 0:
    case 246: {
      const precision = Math.max(1, length - (sign === '' ? 1 : 0) - (decimals > 0 ? 1 : 0));
      return native('decimal', `decimal(${precision},${decimals})${sign}${fill}`, {
        precision,
        scale: decimals,
      });
    }
    case 4:
      return native('float', `float${sign}`);
    case 5:
      return native('double', `double${sign}`);
    case 7:
      return withFraction('timestamp');
    case 10:
      return native('date', 'date');
    case 11:
      return withFraction('time');
    case 12:
      return withFraction('datetime');
    case 13:
      return native('year', 'year');
    case 16:
      return native('bit', `bit(${length})`, { precision: length });
    case 245:
      return native('json', 'json');
    case 255:
      return native('geometry', 'geometry');
    default:
      return stringColumn(column);
  }
}

/** Types 249 to 252 are the large ones by their length, whatever number they come with. */
function stringColumn({
  columnType: type,
  columnLength,
  characterSet,
}: ResultColumn): CatalogTable['native'][number] {
  const isBinary = characterSet === BINARY_CHARACTER_SET;
  const length = isBinary ? columnLength : Math.ceil(columnLength / BYTES_PER_CHARACTER);
  const bounded = { characterLengthMax: Math.max(1, length) };
  const isLarge = type >= 249 && type <= 252;
  if (isBinary) {
    if (!isLarge && length <= VARBINARY_LENGTH_MAX)
      return native('varbinary', `varbinary(${bounded.characterLengthMax})`, bounded);
    const name = sizeClass(length, 'blob');
    return native(name, name, { characterLengthMax: length });
  }
  const text = { characterSet: 'utf8mb4' };
  if (isLarge || length > VARCHAR_LENGTH_MAX) {
    const name = sizeClass(length, 'text');
    return native(name, name, { ...text, characterLengthMax: length });
  }
  const name = type === 254 && length <= CHAR_LENGTH_MAX ? 'char' : 'varchar';
  return native(name, `${name}(${bounded.characterLengthMax})`, { ...text, ...bounded });
}

function sizeClass(length: number, kind: 'text' | 'blob'): string {
  if (length <= 255) return `tiny${kind}`;
  if (length <= 65_535) return kind;
  return length <= 16_777_215 ? `medium${kind}` : `long${kind}`;
}

function native(
  dataType: string,
  columnType: string,
  more: Partial<CatalogTable['native'][number]> = {},
): CatalogTable['native'][number] {
  return {
    dataType,
    columnType,
    characterLengthMax: null,
    precision: null,
    scale: null,
    fraction: null,
    isCheckedJson: false,
    characterSet: null,
    collation: null,
    hasDefault: false,
    ...more,
  };
}
