/** Reads what the driver sends, as its thin mode writes it: numbers with their length ahead, bytes with theirs. */
export class TtcReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new RangeError(`the request ends at byte ${this.#at}`);
    this.#at += 1;
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** A number of up to 8 bytes; its length has the sign. */
  number(): number {
    const head = this.byte();
    let value = 0;
    for (let left = head & 0x7f; left > 0; left--) value = value * 256 + this.byte();
    return (head & 0x80) === 0 ? value : -value;
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number());
  }

  /** Bytes with their length; long ones in pieces. null: none. */
  bytes(): Buffer | null {
    const length = this.byte();
    if (length === 0 || length === 0xff) return null;
    if (length !== 0xfe) return this.#take(length);
    const pieces: Buffer[] = [];
    for (let piece = this.number(); piece > 0; piece = this.number()) pieces.push(this.#take(piece));
    return Buffer.concat(pieces);
  }

  text(): string {
    return this.bytes()?.toString('utf8') ?? '';
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new RangeError(`the request ends within ${length} bytes`);
    this.#at += length;
    return taken;
  }
}

const PIECE_BYTES_MAX = 32_767;

/** The other direction. */
export class TtcWriter {
  readonly #parts: Buffer[] = [];

  take(): Buffer {
    return Buffer.concat(this.#parts.splice(0));
  }

  byte(...values: readonly number[]): this {
    this.#parts.push(Buffer.from(values));
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  number(...values: readonly number[]): this {
    for (const value of values) {
      const digits: number[] = [];
      for (let left = Math.abs(value); left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
      this.byte(digits.length | (value < 0 ? 0x80 : 0), ...digits);
    }
    return this;
  }

  bytes(value: Uint8Array | null): this {
    if (value === null || value.length === 0) return this.byte(0);
    if (value.length <= 252) return this.byte(value.length).raw(value);
    this.byte(0xfe);
    for (let at = 0; at < value.length; at += PIECE_BYTES_MAX) {
      const piece = value.subarray(at, at + PIECE_BYTES_MAX);
      this.number(piece.length).raw(piece);
    }
    return this.number(0);
  }

  text(value: string | null): this {
    return this.bytes(value === null ? null : Buffer.from(value, 'utf8'));
  }

  /** A text with its length twice, as names come. */
  named(value: string): this {
    return this.number(Buffer.byteLength(value)).text(value);
  }
}

/** A decimal text in Oracle's own form: an exponent to the base of 100 and its digits. */
export function oracleNumber(text: string): Buffer {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text.trim()) ?? [];
  let digits = `${whole}${fraction}`;
  let point = whole.length + Number(power);
  const zeros = digits.length - digits.replace(/^0+/, '').length;
  digits = digits.slice(zeros);
  point -= zeros;
  digits = digits.replace(/0+$/, '');
  if (digits === '') return Buffer.of(0x80);
  if (((point % 2) + 2) % 2 === 1) {
    digits = `0${digits}`;
    point += 1;
  }
  if (digits.length % 2 === 1) digits += '0';
  const isNegative = sign === '-';
  const exponent = point / 2 + 192;
  const bytes = [isNegative ? exponent ^ 0xff : exponent];
  for (let at = 0; at < digits.length; at += 2) {
    const pair = Number(digits.slice(at, at + 2));
    bytes.push(isNegative ? 101 - pair : pair + 1);
  }
  if (isNegative && bytes.length < 21) bytes.push(102);
  return Buffer.from(bytes);
}

/** A floating-point number as it travels: its bits, so that they sort as bytes. */
export function oracleFloat(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeFloatBE(value);
  else buffer.writeDoubleBE(value);
  if ((buffer.readUInt8(0) & 0x80) === 0) buffer.writeUInt8(buffer.readUInt8(0) | 0x80, 0);
  else for (let at = 0; at < bytes; at++) buffer.writeUInt8(buffer.readUInt8(at) ^ 0xff, at);
  return buffer;
}

export function fromOracleFloat(given: Buffer): number {
  const buffer = Buffer.from(given);
  if ((buffer.readUInt8(0) & 0x80) !== 0) buffer.writeUInt8(buffer.readUInt8(0) & 0x7f, 0);
  else for (let at = 0; at < buffer.length; at++) buffer.writeUInt8(buffer.readUInt8(at) ^ 0xff, at);
  return buffer.length === 4 ? buffer.readFloatBE(0) : buffer.readDoubleBE(0);
}
