import type { Projection, SourceOffer } from '../connector/contract.ts';
import type { Batch, Value, WireForm } from '../data/batch.ts';
import type { Column } from '../data/column.ts';
import { numbersAmount, numbersLabel } from './fixture.ts';

/** The numbers table as a source of another kind would describe it: the native names mean nothing to the sink. */
export const numbersColumns: readonly Column[] = [
  {
    name: 'id',
    native: 'suite-long',
    type: { kind: 'integer', bits: 64, unsigned: false },
    isNullable: false,
    isGenerated: false,
  },
  {
    name: 'label',
    native: 'suite-text(100)',
    type: { kind: 'text', length: 100, fixed: false },
    isNullable: false,
    isGenerated: false,
  },
  {
    name: 'amount',
    native: 'suite-int',
    type: { kind: 'integer', bits: 32, unsigned: false },
    isNullable: true,
    isGenerated: false,
  },
];

/** What that source offers: this form, and rows, as every source does. It sends each column as whatever it is asked for. */
export function numbersOffer(form: WireForm): SourceOffer {
  if (form === 'rows') return { columns: numbersColumns, forms: ['rows'] };
  return { columns: numbersColumns, forms: [form, 'rows'], sendAs: () => ({ cast: null }) };
}

export function numbersRow(id: number): readonly Value[] {
  return [id, numbersLabel(id), numbersAmount(id)];
}

/** Rows as one batch in the form and the wire types of a projection. */
export function batchOfRows(rows: readonly (readonly Value[])[], projection: Projection): Batch {
  const frame = { rowCount: rows.length, byteCount: rows.length * 60, position: null };
  if (projection.form === 'rows') return { ...frame, form: 'rows', rows };
  const wireTypes = projection.columns.map((column) => column.wireType ?? '');
  return {
    ...frame,
    form: projection.form,
    framing: 'none',
    bytes: Buffer.concat(rows.map((row) => tupleOf(row, wireTypes))),
  };
}

/** One tuple of COPY BINARY: the number of fields, then each behind its length. */
function tupleOf(row: readonly Value[], wireTypes: readonly string[]): Buffer {
  const fields = row.map((value, i) => {
    if (value === null) return int(-1, 4);
    const bytes = fieldOf(value, wireTypes[i] ?? '');
    return Buffer.concat([int(bytes.length, 4), bytes]);
  });
  return Buffer.concat([int(row.length, 2), ...fields]);
}

/** @throws RangeError for a type that the numbers table does not need, or a value that does not fit it. */
function fieldOf(value: Exclude<Value, null>, wireType: string): Buffer {
  switch (wireType.replace(/\(.*\)$/, '')) {
    case 'smallint':
      return int(Number(value), 2);
    case 'integer':
      return int(Number(value), 4);
    case 'bigint': {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(Number(value)));
      return bytes;
    }
    case 'text':
    case 'character varying':
    case 'bytea':
      return Buffer.from(String(value));
    default:
      throw new RangeError(`numbers as ${wireType}`);
  }
}

function int(value: number, byteCount: 2 | 4): Buffer {
  const bytes = Buffer.alloc(byteCount);
  bytes.writeIntBE(value, 0, byteCount);
  return bytes;
}
