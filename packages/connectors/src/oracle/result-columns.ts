import type { Column } from '@sluice/core/data/column';
import type { CatalogColumn } from './catalog.ts';
import type { ResultColumn } from './driver.ts';
import { nativeText, neutralOf } from './types.ts';

/** Names of the driver's types, without their prefix, as the catalog spells them; what is missing has no form here. */
const dataTypes: Readonly<Record<string, string>> = {
  NUMBER: 'NUMBER',
  VARCHAR: 'VARCHAR2',
  CHAR: 'CHAR',
  NVARCHAR: 'NVARCHAR2',
  NCHAR: 'NCHAR',
  CLOB: 'CLOB',
  NCLOB: 'NCLOB',
  BLOB: 'BLOB',
  RAW: 'RAW',
  LONG: 'LONG',
  LONG_RAW: 'LONG RAW',
  BINARY_FLOAT: 'BINARY_FLOAT',
  BINARY_DOUBLE: 'BINARY_DOUBLE',
  DATE: 'DATE',
  TIMESTAMP: 'TIMESTAMP',
  TIMESTAMP_TZ: 'TIMESTAMP WITH TIME ZONE',
  TIMESTAMP_LTZ: 'TIMESTAMP WITH LOCAL TIME ZONE',
  INTERVAL_DS: 'INTERVAL DAY TO SECOND',
  INTERVAL_YM: 'INTERVAL YEAR TO MONTH',
  ROWID: 'ROWID',
  UROWID: 'UROWID',
  XMLTYPE: 'XMLTYPE',
  JSON: 'JSON',
  BOOLEAN: 'BOOLEAN',
};

/** Scale of a NUMBER that has none: its digits are where they are. */
const FLOATING_SCALE = -127;

/** A column of a result as the catalog would describe it. Whether it takes nulls is never known. */
export function resultColumn({ name, dbType, precision = 0, scale, byteSize = 0 }: ResultColumn): {
  readonly column: Column;
  readonly native: CatalogColumn;
} {
  const dataType = dataTypes[dbType.name.replace(/^DB_TYPE_/, '')] ?? dbType.name;
  const isMoment = dataType.startsWith('TIMESTAMP');
  const isNumber = dataType === 'NUMBER';
  const isFloating = isNumber && (scale === FLOATING_SCALE || (precision === 0 && (scale ?? 0) === 0));
  const native: CatalogColumn = {
    dataType: isMoment ? dataType.replace('TIMESTAMP', `TIMESTAMP(${precision})`) : dataType,
    typeOwner: null,
    bytes: byteSize,
    precision: isNumber && !isFloating ? precision || null : null,
    scale: isNumber && !isFloating ? (scale ?? null) : null,
    characters: byteSize,
    countsCharacters: false,
    hasDefault: false,
  };
  return {
    column: {
      name,
      native: nativeText(native),
      type: neutralOf(native),
      isNullable: true,
      isGenerated: false,
    },
    native,
  };
}
