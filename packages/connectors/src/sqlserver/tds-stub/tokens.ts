/** Tokens of a response (MS-TDS 2.2.7), as far as this stub sends them. */

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};
const shortText = (text: string): Buffer => Buffer.concat([u8(text.length), Buffer.from(text, 'utf16le')]);
const longText = (text: string): Buffer => Buffer.concat([u16(text.length), Buffer.from(text, 'utf16le')]);
const behindLength = (token: number, body: Buffer): Buffer =>
  Buffer.concat([u8(token), u16(body.length), body]);

/** SQL_Latin1_General_CP1_CI_AS. */
export const LATIN1 = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

/** TDS 7.4, a SQL Server 2016 by its number. */
export function loginAck(): Buffer {
  const body = Buffer.concat([
    u8(1),
    Buffer.from([0x74, 0x00, 0x00, 0x04]),
    shortText('Stub of SQL Server'),
    Buffer.from([13, 0, 0x10, 0]),
  ]);
  return behindLength(0xad, body);
}

export function collationChange(): Buffer {
  return behindLength(0xe3, Buffer.concat([u8(7), u8(5), LATIN1, u8(0)]));
}

export function databaseChange(name: string): Buffer {
  return behindLength(0xe3, Buffer.concat([u8(1), shortText(name), shortText('master')]));
}

const DESCRIPTOR = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const changeKinds = { begin: 8, commit: 9, rollback: 10 } as const;

export function transactionChange(kind: keyof typeof changeKinds): Buffer {
  const [now, before] = kind === 'begin' ? [DESCRIPTOR, Buffer.alloc(0)] : [Buffer.alloc(0), DESCRIPTOR];
  const body = [u8(changeKinds[kind]), u8(now.length), now, u8(before.length), before];
  return behindLength(0xe3, Buffer.concat(body));
}

/** An error of the server. */
export class ServerError extends Error {
  readonly number: number;
  readonly severity: number;

  constructor(number: number, message: string, severity = 16) {
    super(message);
    this.number = number;
    this.severity = severity;
  }
}

export function errorToken({ number, message, severity }: ServerError): Buffer {
  const body = [
    u32(number),
    u8(1),
    u8(severity),
    longText(message),
    shortText('stub'),
    shortText(''),
    u32(1),
  ];
  return behindLength(0xaa, Buffer.concat(body));
}

const doneStatus = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;
export type DoneFlag = keyof typeof doneStatus;

export function done(flags: readonly DoneFlag[] = [], count = 0, token = 0xfd): Buffer {
  const status = flags.reduce((sum, flag) => sum | doneStatus[flag], 0);
  return Buffer.concat([u8(token), u16(status), u16(0), u64(BigInt(count))]);
}

export const DONE_PROC = 0xfe;

export function returnStatus(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(0x79);
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** How a column of a result travels. */
export type WireType =
  | { readonly as: 'int'; readonly bytes: 1 | 2 | 4 | 8 }
  | { readonly as: 'bit' }
  | { readonly as: 'float'; readonly bytes: 4 | 8 }
  | { readonly as: 'guid' }
  | { readonly as: 'nvarchar' | 'varchar' | 'varbinary'; readonly length: number | null };

export interface WireColumn {
  readonly name: string;
  readonly type: WireType;
}

const MAX = 0xffff;
const textIds = { nvarchar: 0xe7, varchar: 0xa7, varbinary: 0xa5 } as const;

function typeInfo(type: WireType): Buffer {
  switch (type.as) {
    case 'int':
      return Buffer.from([0x26, type.bytes]);
    case 'bit':
      return Buffer.from([0x68, 1]);
    case 'float':
      return Buffer.from([0x6d, type.bytes]);
    case 'guid':
      return Buffer.from([0x24, 16]);
    default: {
      const unit = type.as === 'nvarchar' ? 2 : 1;
      const length = type.length === null ? MAX : type.length * unit;
      const collation = type.as === 'varbinary' ? Buffer.alloc(0) : LATIN1;
      return Buffer.concat([u8(textIds[type.as]), u16(length), collation]);
    }
  }
}

export function columnMetadata(columns: readonly WireColumn[]): Buffer {
  const parts = [u8(0x81), u16(columns.length)];
  for (const { name, type } of columns) parts.push(u32(0), u16(0x0001), typeInfo(type), shortText(name));
  return Buffer.concat(parts);
}

/** A value as the stub's tables hold it. */
export type StubValue = null | number | bigint | string | Uint8Array;

export function rowToken(columns: readonly WireColumn[], values: readonly StubValue[]): Buffer {
  return Buffer.concat([u8(0xd1), ...columns.map(({ type }, at) => wireValue(type, values[at] ?? null))]);
}

function wireValue(type: WireType, value: StubValue): Buffer {
  switch (type.as) {
    case 'int':
    case 'bit':
      return value === null ? u8(0) : wholeValue(type.as === 'bit' ? 1 : type.bytes, value);
    case 'float': {
      if (value === null) return u8(0);
      const bytes = Buffer.alloc(type.bytes + 1);
      bytes.writeUInt8(type.bytes);
      if (type.bytes === 4) bytes.writeFloatLE(Number(value), 1);
      else bytes.writeDoubleLE(Number(value), 1);
      return bytes;
    }
    case 'guid':
      return value === null ? u8(0) : Buffer.concat([u8(16), guidBytes(String(value))]);
    default: {
      if (value === null) return type.length === null ? u64(0xffff_ffff_ffff_ffffn) : u16(MAX);
      const bytes = textBytes(type.as, value);
      if (type.length !== null) return Buffer.concat([u16(bytes.length), bytes]);
      const chunk = bytes.length === 0 ? [] : [u32(bytes.length), bytes];
      return Buffer.concat([u64(BigInt(bytes.length)), ...chunk, u32(0)]);
    }
  }
}

function wholeValue(byteCount: 1 | 2 | 4 | 8, value: StubValue): Buffer {
  const bytes = Buffer.alloc(byteCount + 1);
  bytes.writeUInt8(byteCount);
  if (byteCount === 8) bytes.writeBigInt64LE(BigInt(value as bigint), 1);
  else if (byteCount === 1) bytes.writeUInt8(Number(value), 1);
  else bytes.writeIntLE(Number(value), 1, byteCount);
  return bytes;
}

/** SQLite keeps no half of a surrogate pair: this character stands for one until it is sent. */
export const HALF_OF_A_PAIR = '\ue000';

function textBytes(as: 'nvarchar' | 'varchar' | 'varbinary', value: Exclude<StubValue, null>): Buffer {
  if (as === 'varbinary') return Buffer.from(value as Uint8Array);
  if (as === 'varchar') return Buffer.from(String(value), 'latin1');
  return Buffer.from(String(value).replaceAll(HALF_OF_A_PAIR, '\ud83d'), 'utf16le');
}

function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
