import { FieldReader } from './packets.ts';
import { readChunks } from './requests.ts';
import { ServerError, type StubValue } from './tokens.ts';

/** A bulk load, read by this stub's own understanding of MS-TDS: columns, then rows, then DONE. */
export function readBulk(payload: Buffer): {
  readonly names: readonly string[];
  readonly rows: readonly (readonly StubValue[])[];
} {
  const fields = new FieldReader(payload);
  if (fields.uint(1) !== 0x81) throw new ServerError(4022, 'Bulk load data was expected but not sent.');
  const columns: { readonly name: string; readonly read: () => StubValue }[] = [];
  const count = fields.uint(2);
  for (let i = 0; i < count; i++) {
    fields.take(6);
    const read = readerOf(fields, i);
    columns.push({ name: fields.text(1), read });
  }
  const rows: StubValue[][] = [];
  for (let token = fields.uint(1); token === 0xd1; token = fields.uint(1))
    rows.push(columns.map(({ read }) => read()));
  return { names: columns.map(({ name }) => name), rows };
}

function readerOf(fields: FieldReader, column: number): () => StubValue {
  const id = fields.uint(1);
  /** Of a value behind one byte of length, which must be one of these; 0: null. */
  const short = (lengths: readonly number[], read: (size: number) => StubValue) => (): StubValue => {
    const size = fields.uint(1);
    if (size === 0) return null;
    if (!lengths.includes(size))
      throw new ServerError(
        4815,
        `Received an invalid column length from the bcp client for colid ${column + 1}.`,
      );
    return read(size);
  };
  switch (id) {
    case 0x26: {
      const bytes = fields.uint(1);
      return short([bytes], (size) => {
        if (size === 8) return fields.take(8).readBigInt64LE();
        return BigInt(size === 1 ? fields.uint(1) : fields.int(size));
      });
    }
    case 0x68:
      fields.uint(1);
      return short([1], () => BigInt(fields.uint(1)));
    case 0x6d: {
      const bytes = fields.uint(1);
      return short([bytes], (size) =>
        size === 4 ? fields.take(4).readFloatLE() : fields.take(8).readDoubleLE(),
      );
    }
    case 0x6a:
    case 0x6c: {
      const bytes = fields.uint(1);
      fields.uint(1);
      const scale = fields.uint(1);
      return short([bytes], (size) => {
        const isNegative = fields.uint(1) === 0;
        return decimalText(isNegative, magnitude(fields.take(size - 1)), scale);
      });
    }
    case 0x6e: {
      const bytes = fields.uint(1);
      return short([bytes], (size) => {
        const units =
          size === 4 ? BigInt(fields.int(4)) : (BigInt(fields.int(4)) << 32n) | BigInt(fields.uint(4));
        return decimalText(units < 0n, units < 0n ? -units : units, 4);
      });
    }
    case 0x6f: {
      const bytes = fields.uint(1);
      return short([bytes], (size) => {
        if (size === 4) return `${dayText(fields.uint(2) + 693_595)} ${clockText(fields.uint(2) * 60, 0, 0)}`;
        const days = fields.int(4) + 693_595;
        const steps = fields.uint(4);
        const ms = Math.round(((steps % 300) * 10) / 3);
        return `${dayText(days)} ${clockText(Math.floor(steps / 300), ms, 3)}`;
      });
    }
    case 0x28:
      return short([3], () => dayText(fields.uint(3)));
    case 0x29:
    case 0x2a:
    case 0x2b: {
      const digits = fields.uint(1);
      const bytes = digits <= 2 ? 3 : digits <= 4 ? 4 : 5;
      const more = id === 0x29 ? 0 : id === 0x2a ? 3 : 5;
      return short([bytes + more], () => {
        const ticks = fields.uint(bytes);
        const clock = clockText(Math.floor(ticks / 10 ** digits), ticks % 10 ** digits, digits);
        if (id === 0x29) return clock;
        const day = dayText(fields.uint(3));
        if (id === 0x2a) return `${day} ${clock}`;
        if (fields.int(2) !== 0) throw new ServerError(8115, 'an offset other than that of UTC');
        return `${day} ${clock} +00:00`;
      });
    }
    case 0x24:
      fields.uint(1);
      return short([16], () => guidText(fields.take(16)));
    case 0xf1:
      fields.uint(1);
      return () => readChunks(fields)?.toString('utf16le') ?? null;
    case 0xe7:
    case 0xef:
    case 0xa7:
    case 0xaf:
    case 0xa5:
    case 0xad:
      return sizedReader(fields, id, column);
    default:
      throw new ServerError(4816, `Invalid column type from bcp client for colid ${column + 1}.`);
  }
}

function sizedReader(fields: FieldReader, id: number, column: number): () => StubValue {
  const room = fields.uint(2);
  const isBinary = id === 0xa5 || id === 0xad;
  if (!isBinary) fields.take(5);
  const textOf = (bytes: Buffer): StubValue => {
    if (isBinary) return Buffer.from(bytes);
    return id === 0xe7 || id === 0xef ? bytes.toString('utf16le') : bytes.toString('latin1');
  };
  if (room === 0xffff)
    return () => {
      const bytes = readChunks(fields);
      return bytes === null ? null : textOf(bytes);
    };
  return () => {
    const size = fields.uint(2);
    if (size === 0xffff) return null;
    if (size > room)
      throw new ServerError(
        4815,
        `Received an invalid column length from the bcp client for colid ${column + 1}.`,
      );
    return textOf(fields.take(size));
  };
}

function magnitude(bytes: Buffer): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

function decimalText(isNegative: boolean, units: bigint, scale: number): string {
  const digits = units.toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return isNegative && units !== 0n ? `-${text}` : text;
}

function dayText(days: number): string {
  const ms = (days - 719_162) * 86_400_000;
  return new Date(ms).toISOString().slice(0, 10);
}

function clockText(seconds: number, fraction: number, digits: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return digits === 0 ? clock : `${clock}.${String(fraction).padStart(digits, '0')}`;
}

function guidText(bytes: Buffer): string {
  const part = (from: number, to: number): string => bytes.subarray(from, to).toString('hex');
  const turned = (from: number, to: number): string =>
    Buffer.from(bytes.subarray(from, to)).reverse().toString('hex');
  return `${turned(0, 4)}-${turned(4, 6)}-${turned(6, 8)}-${part(8, 10)}-${part(10, 16)}`;
}
