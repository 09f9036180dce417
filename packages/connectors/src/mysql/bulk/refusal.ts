import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type Kernel, operation } from './kernels.ts';

const SHOWN_CHARACTERS_MAX = 64;
/** 2000-01-01, where PostgreSQL's clock stands at 0, in days since 1970-01-01. */
const EPOCH_DAYS = 10_957;
const MS_PER_DAY = 86_400_000;
const US_PER_DAY = 86_400_000_000n;
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
const INT32_MAX = 0x7fff_ffff;

/**
 * The error for a value that the destination cannot hold: the same as in the rows lane. Slow, for it ends the slice.
 * @param at where the value's bytes begin.
 */
export function refusal(kernel: Kernel, bytes: Uint8Array, at: number, length: number): SluiceError {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
  const shown = printed(kernel, field).slice(0, SHOWN_CHARACTERS_MAX);
  return new SluiceError('Cdm.0234', {
    cause: `column ${kernel.name}: ${reasonOf(kernel, shown)}: ${shown}`,
  });
}

function reasonOf(kernel: Kernel, shown: string): string {
  const keepsFraction = kernel.operation === operation.timestamp || kernel.operation === operation.time;
  // The kernels look for the range first: an infinity or a year beyond 9999 has another reason than its fraction.
  if (keepsFraction && /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+$/.test(shown))
    return `${kernel.columnType} keeps ${kernel.limit} digits of a second`;
  if (kernel.operation === operation.bits) return `${kernel.columnType} holds exactly ${kernel.limit} bits`;
  return `${kernel.columnType} cannot hold it`;
}

/** The value as its database prints it. */
function printed(kernel: Kernel, field: Buffer): string {
  switch (kernel.operation) {
    case operation.float4:
      return String(field.readFloatBE());
    case operation.float8:
      return String(field.readDoubleBE());
    case operation.numeric:
      return printedNumeric(field);
    case operation.date: {
      const days = field.readInt32BE();
      if (days === INT32_MAX) return 'infinity';
      return days === -INT32_MAX - 1 ? '-infinity' : printedDay(days).join('');
    }
    case operation.timestamp: {
      const us = field.readBigInt64BE();
      if (us === INT64_MAX) return 'infinity';
      if (us === -INT64_MAX - 1n) return '-infinity';
      const rest = ((us % US_PER_DAY) + US_PER_DAY) % US_PER_DAY;
      const [day, era] = printedDay(Number((us - rest) / US_PER_DAY));
      return `${day} ${printedTime(rest)}${era}`;
    }
    case operation.time:
      return printedTime(field.readBigInt64BE());
    case operation.bits: {
      const length = field.readInt32BE();
      return Array.from(field.subarray(4), (byte) => byte.toString(2).padStart(8, '0'))
        .join('')
        .slice(0, length);
    }
    default:
      return `${field.length} bytes`;
  }
}

/** `2024-02-29` and what follows the time of day: nothing, or ` BC`. */
function printedDay(days: number): readonly [string, string] {
  // Years beyond JavaScript's dates are moved by whole cycles of the calendar.
  const DAYS_PER_CYCLE = 146_097;
  const YEARS_PER_CYCLE = 400;
  const cycles = Math.floor(days / DAYS_PER_CYCLE);
  const date = new Date((days - cycles * DAYS_PER_CYCLE + EPOCH_DAYS) * MS_PER_DAY);
  const year = date.getUTCFullYear() + cycles * YEARS_PER_CYCLE;
  const shownYear = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return [`${shownYear}${date.toISOString().slice(4, 10)}`, year > 0 ? '' : ' BC'];
}

function printedTime(us: bigint): string {
  const two = (value: bigint) => String(value).padStart(2, '0');
  const seconds = us / 1_000_000n;
  const fraction = String(us % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

function printedNumeric(field: Buffer): string {
  const sign = field.readUInt16BE(4);
  if (sign === 0xc000) return 'NaN';
  if (sign === 0xd000) return 'Infinity';
  if (sign === 0xf000) return '-Infinity';
  const weight = field.readInt16BE(2);
  const scale = field.readUInt16BE(6);
  const group = (index: number) =>
    index >= 0 && 8 + 2 * index < field.length
      ? String(field.readUInt16BE(8 + 2 * index)).padStart(4, '0')
      : '0000';
  let whole = '';
  for (let i = 0; i <= weight && whole.length <= SHOWN_CHARACTERS_MAX + 4; i++) whole += group(i);
  let fraction = '';
  for (let i = weight + 1; fraction.length < scale; i++) fraction += group(i);
  const text = `${sign === 0x4000 ? '-' : ''}${whole.replace(/^0+(?=\d)/, '') || '0'}`;
  return scale === 0 ? text : `${text}.${fraction.slice(0, scale)}`;
}
