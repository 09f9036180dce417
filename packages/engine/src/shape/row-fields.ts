import type { Column, NeutralType } from '@sluice/core/data/column';
import type { Value } from '@sluice/core/data/value';
import { Decimal } from '@sluice/core/expressions/decimal';
import { type ElValue, FieldText, type RowFields } from '@sluice/core/expressions/values';
import { formatDate, parseDate } from '@sluice/core/time/simple-date-format';

/** Turns a value of the row, never null, into what expressions compute with. */
export type ToExpression = (value: Exclude<Value, null>) => ElValue;

/** Chosen once per column, before the first row. @param zone in which expressions see moments. */
export function toExpressionOf(type: NeutralType, zone: string): ToExpression {
  switch (type.kind) {
    case 'integer':
      return (value) => (typeof value === 'number' ? BigInt(value) : value);
    case 'decimal':
      return (value) => Decimal.from(String(value)) ?? Number(value);
    case 'date':
    case 'time':
      return (value) => new FieldText(String(value), String(value), () => null);
    case 'timestamp':
      return type.zoned
        ? (value) => zonedMoment(String(value), zone)
        : (value) => clockMoment(String(value), zone);
    default:
      return (value) => value;
  }
}

const momentForm = /^(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(\+00)?$/;

/** With `.0` behind whole seconds, else three digits, else all six. */
function withFraction(seconds: string, fraction: string | undefined): string {
  const digits = (fraction ?? '').replace(/0+$/, '');
  if (digits === '') return `${seconds}.0`;
  return `${seconds}.${digits.length <= 3 ? digits.padEnd(3, '0') : digits.padEnd(6, '0')}`;
}

/** A timestamp without a zone: its own clock time. */
function clockMoment(value: string, zone: string): FieldText {
  const match = momentForm.exec(value);
  // Infinity, and years before Christ.
  if (match === null) return new FieldText(value, value, () => null);
  const text = withFraction(match[1] ?? '', match[2]);
  return new FieldText(text, value, () => parseDate(text, 'yyyy-MM-dd HH:mm:ss.SSS', zone));
}

/** A timestamp that is an instant: what the clock of the zone shows then. */
function zonedMoment(value: string, zone: string): FieldText {
  const match = momentForm.exec(value);
  if (match === null) return new FieldText(value, value, () => null);
  const instant = parseDate(match[1] ?? '', 'yyyy-MM-dd HH:mm:ss', 'UTC');
  const text = withFraction(formatDate(instant, 'yyyy-MM-dd HH:mm:ss', zone), match[2]);
  const milli = Number((match[2] ?? '').padEnd(3, '0').slice(0, 3));
  return new FieldText(text, value, () => instant + milli);
}

/** The row that is looked at, its fields made into values of expressions as they are asked for. */
export class ReadRow implements RowFields {
  readonly length: number;
  readonly #convert: readonly ToExpression[];
  #values: readonly Value[] = [];

  constructor(columns: readonly Column[], zone: string) {
    this.length = columns.length;
    this.#convert = columns.map(({ type }) => toExpressionOf(type, zone));
  }

  turnTo(values: readonly Value[]): void {
    this.#values = values;
  }

  at(index: number): ElValue {
    const value = this.#values[index] ?? null;
    const convert = this.#convert[index];
    return value === null || convert === undefined ? null : convert(value);
  }
}
