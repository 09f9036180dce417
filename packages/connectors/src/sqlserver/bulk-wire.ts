import { SluiceError } from '@sluice/core/errors/sluice-error';
import iconv from 'iconv-lite';
import { Request } from 'tedious';
import { decimalBytes } from './decimal-bytes.ts';
import type { PageEncoder } from './encode.ts';
import { quoteName } from './names.ts';
import type { TargetColumn } from './pairing.ts';
import { RowBuffer } from './row-buffer.ts';
import type { Session } from './session.ts';

/** A collation as it stands in TDS, and the name of its code page. */
export interface WireCollation {
  readonly bytes: Uint8Array;
  /** null: a code page that is not known here. */
  readonly codePage: string | null;
}

/** TDS' numbers of types (MS-TDS 2.2.5.4), as they stand in a bulk load: those that take nulls. */
const types = {
  guid: 0x24,
  intN: 0x26,
  date: 0x28,
  time: 0x29,
  datetime2: 0x2a,
  datetimeOffset: 0x2b,
  bitN: 0x68,
  decimalN: 0x6a,
  numericN: 0x6c,
  floatN: 0x6d,
  moneyN: 0x6e,
  datetimeN: 0x6f,
  varBinary: 0xa5,
  varChar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nVarChar: 0xe7,
  nChar: 0xef,
  xml: 0xf1,
  image: 0x22,
  text: 0x23,
  nText: 0x63,
} as const;

const COLMETADATA = 0x81;
const MAX_LENGTH = 0xffff;
const LONG_LENGTH = 0x7fff_ffff;
/** The column takes nulls, and is read and written. */
const COLUMN_FLAGS = 0x0001 | 0x0004;

/** What tedious says of a column of a result; its own types keep the collation's bytes out. */
interface ColumnMetadata {
  readonly collation?: { readonly codepage?: string | undefined; toBuffer(): Uint8Array } | undefined;
}

/**
 * Collations of columns, by position, as the server itself sends them: null where a column holds no text.
 * @param quotedTable a table of which no row is read.
 */
export async function wireCollations(
  session: Session,
  quotedTable: string,
  columnNames: readonly string[],
  target: string,
): Promise<readonly (WireCollation | null)[]> {
  const found: (WireCollation | null)[] = [];
  await new Promise<void>((resolve, reject) => {
    const list = columnNames.map(quoteName).join(', ');
    const request = new Request(`SELECT TOP (0) ${list} FROM ${quotedTable}`, (error) => {
      session.settled();
      if (error === null || error === undefined) resolve();
      else reject(session.failure(error, 'write', target));
    });
    request.on('columnMetadata', (columns) => {
      for (const { collation } of columns as unknown as readonly ColumnMetadata[]) {
        found.push(
          collation === undefined
            ? null
            : { bytes: collation.toBuffer(), codePage: collation.codepage ?? null },
        );
      }
    });
    try {
      session.start((native) => native.execSqlBatch(request));
    } catch (error) {
      reject(session.failure(error, 'write', target));
    }
  });
  return found;
}

/**
 * Text in the code page of a column of CHAR, VARCHAR or TEXT; null for other columns.
 * @throws Cdm.0921 for a code page that is not known here: what would be written could not be looked at.
 */
export function pageEncoderOf(target: TargetColumn, collation: WireCollation | null): PageEncoder | null {
  const { dataType } = target.native;
  if (dataType !== 'char' && dataType !== 'varchar' && dataType !== 'text') return null;
  const page = collation?.codePage ?? null;
  if (page === null || !iconv.encodingExists(page))
    throw new SluiceError('Cdm.0921', {
      type: `${target.printed} of ${target.name} (the code page of ${target.collation} is not known here)`,
    });
  if (/^utf-?8$/i.test(page)) return (text) => Buffer.from(text);
  return (text) => {
    const bytes = iconv.encode(text, page);
    // What a page lacks becomes a question mark, or a letter that looks like it.
    return iconv.decode(bytes, page) === text ? bytes : null;
  };
}

/** `INSERT BULK`, which tells the server what will come; rules, nulls and triggers count as for any INSERT. */
export function insertBulkSql(quotedTable: string, columns: readonly TargetColumn[]): string {
  const list = columns.map(({ name, printed, collation }) => {
    const words = collation === null ? '' : ` COLLATE ${collation}`;
    return `${quoteName(name)} ${printed}${words}`;
  });
  return `INSERT BULK ${quotedTable} (${list.join(', ')}) WITH (KEEP_NULLS, CHECK_CONSTRAINTS, FIRE_TRIGGERS)`;
}

/** The columns as they stand ahead of the rows. @param table for the long types of old, which name it. */
export function columnMetadata(
  table: string,
  columns: readonly TargetColumn[],
  collations: readonly (WireCollation | null)[],
): Buffer {
  const into = new RowBuffer(1024);
  into.uint8(COLMETADATA);
  into.uint(columns.length, 2);
  for (const [at, column] of columns.entries()) {
    into.uint(0, 4);
    into.uint(COLUMN_FLAGS, 2);
    typeInfo(column, collations[at] ?? null, table, into);
    into.uint8(column.name.length);
    into.utf16(column.name);
  }
  return into.take();
}

function typeInfo(
  { native: { dataType, maxLength, precision, scale } }: TargetColumn,
  collation: WireCollation | null,
  table: string,
  into: RowBuffer,
): void {
  const sized = (type: number, byteCount: number): void => {
    into.uint8(type);
    into.uint8(byteCount);
  };
  const text = (type: number): void => {
    into.uint8(type);
    into.uint(maxLength < 0 ? MAX_LENGTH : maxLength, 2);
    into.bytes(collation?.bytes ?? Buffer.alloc(5));
  };
  switch (dataType) {
    case 'bit':
      sized(types.bitN, 1);
      return;
    case 'tinyint':
      sized(types.intN, 1);
      return;
    case 'smallint':
      sized(types.intN, 2);
      return;
    case 'int':
      sized(types.intN, 4);
      return;
    case 'bigint':
      sized(types.intN, 8);
      return;
    case 'decimal':
    case 'numeric':
      sized(dataType === 'decimal' ? types.decimalN : types.numericN, decimalBytes(precision) + 1);
      into.uint8(precision);
      into.uint8(scale);
      return;
    case 'money':
      sized(types.moneyN, 8);
      return;
    case 'smallmoney':
      sized(types.moneyN, 4);
      return;
    case 'real':
      sized(types.floatN, 4);
      return;
    case 'float':
      sized(types.floatN, 8);
      return;
    case 'datetime':
      sized(types.datetimeN, 8);
      return;
    case 'smalldatetime':
      sized(types.datetimeN, 4);
      return;
    case 'date':
      into.uint8(types.date);
      return;
    case 'time':
      sized(types.time, scale);
      return;
    case 'datetime2':
      sized(types.datetime2, scale);
      return;
    case 'datetimeoffset':
      sized(types.datetimeOffset, scale);
      return;
    case 'uniqueidentifier':
      sized(types.guid, 16);
      return;
    case 'char':
      text(types.char);
      return;
    case 'varchar':
      text(types.varChar);
      return;
    case 'nchar':
      text(types.nChar);
      return;
    case 'nvarchar':
      text(types.nVarChar);
      return;
    case 'binary':
    case 'varbinary':
      into.uint8(dataType === 'binary' ? types.binary : types.varBinary);
      into.uint(maxLength < 0 ? MAX_LENGTH : maxLength, 2);
      return;
    case 'xml':
      // Without a schema collection.
      sized(types.xml, 0);
      return;
    case 'text':
    case 'ntext':
    case 'image':
      into.uint8({ text: types.text, ntext: types.nText, image: types.image }[dataType]);
      into.uint(LONG_LENGTH, 4);
      if (dataType !== 'image') into.bytes(collation?.bytes ?? Buffer.alloc(5));
      into.uint(table.length, 2);
      into.utf16(table);
      return;
    default:
      throw new SluiceError('Cdm.0921', { type: dataType });
  }
}
