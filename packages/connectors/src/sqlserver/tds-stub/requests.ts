import { FieldReader } from './packets.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** LOGIN7: offsets and lengths of texts from byte 36 on, and a password whose bits are turned. */
export function readLogin(payload: Buffer): Login {
  const text = (at: number): Buffer => {
    const offset = payload.readUInt16LE(at);
    return payload.subarray(offset, offset + payload.readUInt16LE(at + 2) * 2);
  };
  const password = Buffer.from(text(44)).map((byte) => {
    const turned = byte ^ 0xa5;
    return ((turned & 0x0f) << 4) | (turned >> 4);
  });
  return {
    user: text(40).toString('utf16le'),
    password: Buffer.from(password).toString('utf16le'),
    database: text(68).toString('utf16le'),
  };
}

/** Behind the headers that every request begins with. */
function behindHeaders(payload: Buffer): FieldReader {
  return new FieldReader(payload, payload.readUInt32LE(0));
}

export function readBatch(payload: Buffer): string {
  return payload.subarray(payload.readUInt32LE(0)).toString('utf16le');
}

export interface Call {
  /** `sp_executesql` for its number. */
  readonly procedure: string;
  readonly parameters: readonly { readonly name: string; readonly value: string | null }[];
}

const numbered: ReadonlyMap<number, string> = new Map([[10, 'sp_executesql']]);
const PROCEDURE_BY_NUMBER = 0xffff;
const NVARCHAR = 0xe7;
const MAX = 0xffff;
const PLP_NULL = 0xffff_ffff_ffff_ffffn;

/** @throws RangeError for what the connector does not send. */
export function readCall(payload: Buffer): Call {
  const fields = behindHeaders(payload);
  const length = fields.uint(2);
  const procedure =
    length === PROCEDURE_BY_NUMBER
      ? (numbered.get(fields.uint(2)) ?? 'unknown')
      : fields.take(length * 2).toString('utf16le');
  fields.uint(2);
  const parameters: { name: string; value: string | null }[] = [];
  while (fields.hasMore) {
    const name = fields.text(1).replace(/^@/, '');
    fields.uint(1);
    if (fields.uint(1) !== NVARCHAR) throw new RangeError('a parameter that is no NVARCHAR');
    const room = fields.uint(2);
    fields.take(5);
    parameters.push({ name, value: readText(fields, room) });
  }
  return { procedure, parameters };
}

function readText(fields: FieldReader, room: number): string | null {
  if (room === MAX) return readChunks(fields)?.toString('utf16le') ?? null;
  const length = fields.uint(2);
  return length === MAX ? null : fields.take(length).toString('utf16le');
}

/** A value that comes in chunks; null for a null. */
export function readChunks(fields: FieldReader): Buffer | null {
  if (fields.take(8).readBigUInt64LE() === PLP_NULL) return null;
  const chunks: Buffer[] = [];
  for (let size = fields.uint(4); size > 0; size = fields.uint(4)) chunks.push(fields.take(size));
  return Buffer.concat(chunks);
}

export type TransactionRequest =
  | { readonly kind: 'begin'; readonly isolation: number }
  | { readonly kind: 'commit' | 'rollback' | 'save'; readonly name: string };

const kinds: ReadonlyMap<number, 'commit' | 'rollback' | 'save'> = new Map([
  [7, 'commit'],
  [8, 'rollback'],
  [9, 'save'],
]);

export function readTransaction(payload: Buffer): TransactionRequest {
  const fields = behindHeaders(payload);
  const type = fields.uint(2);
  if (type === 5) return { kind: 'begin', isolation: fields.uint(1) };
  const kind = kinds.get(type);
  if (kind === undefined) throw new RangeError(`a transaction request ${type}`);
  return { kind, name: fields.take(fields.uint(1)).toString('utf16le') };
}
