import type { StatementSync } from 'node:sqlite';
import type { StubColumn } from './table-definition.ts';
import type { StubValue, WireColumn, WireType } from './tokens.ts';

/** Types of a result's columns: those of a table's own, and of whatever is computed a text, bytes or a whole number. */
export function resultColumns(
  statement: StatementSync,
  columnsOf: (key: string) => readonly StubColumn[],
  first: readonly (readonly StubValue[])[],
): readonly WireColumn[] {
  return statement.columns().map(({ name, column, table }, at) => {
    const origin = table === null ? undefined : columnsOf(table).find((each) => each.name === column);
    const sample = first.map((row) => row[at] ?? null).find((value) => value !== null) ?? null;
    return { name, type: origin === undefined ? typeOfValue(sample) : typeOfColumn(origin, sample) };
  });
}

function typeOfValue(value: StubValue): WireType {
  if (value instanceof Uint8Array) return { as: 'varbinary', length: null };
  if (typeof value === 'bigint') return { as: 'int', bytes: 8 };
  if (typeof value === 'number') return { as: 'float', bytes: 8 };
  return { as: 'nvarchar', length: null };
}

function typeOfColumn({ dataType, maxLength }: StubColumn, sample: StubValue): WireType {
  const length = maxLength < 0 ? null : maxLength;
  switch (dataType) {
    case 'bit':
      return { as: 'bit' };
    case 'tinyint':
      return { as: 'int', bytes: 1 };
    case 'smallint':
      return { as: 'int', bytes: 2 };
    case 'int':
      return { as: 'int', bytes: 4 };
    case 'bigint':
      return { as: 'int', bytes: 8 };
    case 'real':
      return { as: 'float', bytes: 4 };
    case 'float':
      return { as: 'float', bytes: 8 };
    case 'uniqueidentifier':
      return { as: 'guid' };
    case 'binary':
    case 'varbinary':
      return { as: 'varbinary', length };
    case 'char':
    case 'varchar':
      return { as: 'varchar', length };
    case 'nchar':
    case 'nvarchar':
      return { as: 'nvarchar', length: length === null ? null : length / 2 };
    default:
      return typeOfValue(sample);
  }
}
