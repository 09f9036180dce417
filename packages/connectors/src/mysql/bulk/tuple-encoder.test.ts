import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkPacket } from './bulk-packet.ts';
import { type Kernel, operation, UNLIMITED } from './kernels.ts';
import { type OpenEncoder, openTypeScriptEncoder } from './open-encoder.ts';
import { openWasmEncoder } from './wasm-encoder.ts';

/**
 * One way to check the kernels without asking them: values are written as PostgreSQL writes them, by code of this test,
 * moved by the encoder, read as MariaDB reads them, by code of this test, and compared as text.
 */
interface Kind {
  readonly name: string;
  readonly kernel: Partial<Kernel> & Pick<Kernel, 'operation'>;
  /** A value as its text, and its bytes in COPY BINARY. */
  readonly values: fc.Arbitrary<readonly [string, Buffer]>;
  /** The text of what stands in the packet, and where the next value begins. */
  readonly read: (bytes: Buffer, at: number) => readonly [string, number];
}

const MS_PER_DAY = 86_400_000;
const year2000Ms = Date.UTC(2000, 0, 1);
const year1Ms = (() => {
  const date = new Date(year2000Ms);
  date.setUTCFullYear(1);
  return date.getTime();
})();
const year9999Ms = Date.UTC(9999, 11, 31);

function sized(byteCount: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(byteCount);
  write(bytes);
  return bytes;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** A value behind its length, as MySQL writes lengths. */
function readSized(bytes: Buffer, at: number): readonly [Buffer, number] {
  const first = bytes[at] ?? 0;
  let length = first;
  let from = at + 1;
  if (first === 0xfc) [length, from] = [bytes.readUInt16LE(at + 1), at + 3];
  else if (first === 0xfd) [length, from] = [bytes.readUIntLE(at + 1, 3), at + 4];
  else if (first === 0xfe) [length, from] = [Number(bytes.readBigUInt64LE(at + 1)), at + 9];
  return [bytes.subarray(from, from + length), from + length];
}

function readText(bytes: Buffer, at: number): readonly [string, number] {
  const [text, next] = readSized(bytes, at);
  return [text.toString('utf8'), next];
}

/** `YYYY-MM-DD[ HH:MM:SS[.ffffff]]`, zeros included, whatever the server leaves out. */
function readMoment(bytes: Buffer, at: number): readonly [string, number] {
  const [b, next] = readSized(bytes, at);
  const day = `${String(b.readUInt16LE(0)).padStart(4, '0')}-${two(b[2] ?? 0)}-${two(b[3] ?? 0)}`;
  const clock = `${two(b[4] ?? 0)}:${two(b[5] ?? 0)}:${two(b[6] ?? 0)}`;
  return [`${day} ${clock}.${String(b.length > 7 ? b.readUInt32LE(7) : 0).padStart(6, '0')}`, next];
}

/** PostgreSQL's numeric from plain decimal text, by the rules of its documentation: groups of four digits, zeros stripped. */
function numericBytes(text: string): Buffer {
  const isNegative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const left = whole.padStart(Math.ceil(whole.length / 4) * 4, '0');
  const right = fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  const groups = (left + right).match(/\d{4}/g)?.map(Number) ?? [];
  let weight = left.length / 4 - 1;
  while (groups[0] === 0) {
    groups.shift();
    weight -= 1;
  }
  while (groups.at(-1) === 0) groups.pop();
  if (groups.length === 0) weight = 0;
  return sized(8 + 2 * groups.length, (bytes) => {
    bytes.writeUInt16BE(groups.length, 0);
    bytes.writeInt16BE(weight, 2);
    bytes.writeUInt16BE(isNegative && groups.length > 0 ? 0x4000 : 0, 4);
    bytes.writeUInt16BE(fraction.length, 6);
    groups.forEach((group, i) => {
      bytes.writeUInt16BE(group, 8 + 2 * i);
    });
  });
}

const digits = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((list) => list.join(''));

/** Numbers with runs of zeros on both sides of the point, where the groups of four end in all ways. */
const decimals = (scaleMax: number) =>
  fc
    .tuple(
      fc.boolean(),
      fc.integer({ min: 0, max: 30 }),
      digits(0, 30),
      digits(0, scaleMax),
      fc.nat(scaleMax),
    )
    .map(([isNegative, zeros, whole, fraction, lead]) => {
      const shownWhole = (whole + (zeros % 5 === 0 ? '0'.repeat(zeros) : '')).replace(/^0+/, '') || '0';
      const shownFraction = ('0'.repeat(lead) + fraction).slice(0, scaleMax);
      const text = shownFraction === '' ? shownWhole : `${shownWhole}.${shownFraction}`;
      return isNegative && /[1-9]/.test(text) ? `-${text}` : text;
    });

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer({ min: 0, max: 600 }).map((size) => 'é'.repeat(size)),
  fc.constantFrom('', 'x'.repeat(32), 'x'.repeat(33), 'x'.repeat(250), 'x'.repeat(251), 'x'.repeat(65_536)),
);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const daysMs = fc
  .integer({ min: Math.floor(year1Ms / MS_PER_DAY), max: year9999Ms / MS_PER_DAY })
  .map((day) => day * MS_PER_DAY);
const edgeDays = fc.constantFrom(
  year1Ms,
  year9999Ms,
  year2000Ms,
  year2000Ms - MS_PER_DAY,
  Date.UTC(2000, 1, 29),
  Date.UTC(1900, 1, 28),
  Date.UTC(2100, 2, 1),
  Date.UTC(1999, 11, 31),
);
const isoDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);

const kinds: readonly Kind[] = [
  {
    name: 'boolean',
    kernel: { operation: operation.boolean },
    values: fc.boolean().map((v) => [v ? '1' : '0', Buffer.from([v ? 1 : 0])]),
    read: (bytes, at) => [String(bytes.readInt8(at)), at + 1],
  },
  {
    name: 'boolean as a word',
    kernel: { operation: operation.booleanWord },
    values: fc.boolean().map((v) => [String(v), Buffer.from([v ? 1 : 0])]),
    read: readText,
  },
  {
    name: 'int2',
    kernel: { operation: operation.int2 },
    values: fc
      .integer({ min: -32_768, max: 32_767 })
      .map((v) => [String(v), sized(2, (b) => b.writeInt16BE(v))]),
    read: (bytes, at) => [String(bytes.readInt16LE(at)), at + 2],
  },
  {
    name: 'int4',
    kernel: { operation: operation.int4 },
    values: fc
      .integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
      .map((v) => [String(v), sized(4, (b) => b.writeInt32BE(v))]),
    read: (bytes, at) => [String(bytes.readInt32LE(at)), at + 4],
  },
  {
    name: 'int8',
    kernel: { operation: operation.int8 },
    values: int64.map((v) => [String(v), sized(8, (b) => b.writeBigInt64BE(v))]),
    read: (bytes, at) => [String(bytes.readBigInt64LE(at)), at + 8],
  },
  {
    name: 'float4',
    kernel: { operation: operation.float4 },
    values: fc
      .float({ noNaN: true, noDefaultInfinity: true })
      .map((v) => [String(v), sized(4, (b) => b.writeFloatBE(v))]),
    read: (bytes, at) => [String(bytes.readFloatLE(at)), at + 4],
  },
  {
    name: 'float8',
    kernel: { operation: operation.float8 },
    values: fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((v) => [String(v), sized(8, (b) => b.writeDoubleBE(v))]),
    read: (bytes, at) => [String(bytes.readDoubleLE(at)), at + 8],
  },
  {
    name: 'numeric',
    kernel: { operation: operation.numeric, limit: 30 },
    values: decimals(30).map((v) => [v, numericBytes(v)]),
    read: readText,
  },
  {
    name: 'numeric of any length',
    kernel: { operation: operation.numeric },
    values: fc
      .tuple(decimals(40), fc.constantFrom(0, 0, 0, 300, 70_000))
      .map(([v, zeros]) =>
        v.startsWith('-') || v.startsWith('0') ? v : v.replace(/^\d/, `$&${'0'.repeat(zeros)}`),
      )
      .map((v) => [v, numericBytes(v)]),
    read: readText,
  },
  {
    name: 'text',
    kernel: { operation: operation.bytes },
    values: texts.map((v) => [v, Buffer.from(v)]),
    read: readText,
  },
  {
    name: 'jsonb',
    kernel: { operation: operation.jsonb },
    values: texts.map((v) => [v, Buffer.concat([Buffer.from([1]), Buffer.from(v)])]),
    read: readText,
  },
  {
    name: 'date',
    kernel: { operation: operation.date },
    values: fc
      .oneof(daysMs, edgeDays)
      .map((ms) => [
        `${isoDay(ms)} 00:00:00.000000`,
        sized(4, (b) => b.writeInt32BE((ms - year2000Ms) / MS_PER_DAY)),
      ]),
    read: readMoment,
  },
  {
    name: 'timestamp',
    kernel: { operation: operation.timestamp, limit: 6 },
    values: fc
      .tuple(
        fc.oneof(daysMs, edgeDays),
        fc.oneof(fc.nat(86_399), fc.constantFrom(0, 1, 86_399)),
        fc.oneof(fc.nat(999_999), fc.constant(0)),
      )
      .map(([ms, second, fraction]) => {
        const clock = new Date(ms + second * 1_000).toISOString().slice(11, 19);
        const us = BigInt(ms - year2000Ms) * 1_000n + BigInt(second) * 1_000_000n + BigInt(fraction);
        return [
          `${isoDay(ms)} ${clock}.${String(fraction).padStart(6, '0')}`,
          sized(8, (b) => b.writeBigInt64BE(us)),
        ];
      }),
    read: readMoment,
  },
  {
    name: 'time',
    kernel: { operation: operation.time, limit: 6 },
    values: fc.oneof(fc.bigInt({ min: 0n, max: 86_400_000_000n }), fc.constant(86_400_000_000n)).map((us) => {
      const second = Number(us / 1_000_000n);
      const clock = `${two(Math.floor(second / 3_600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
      return [`${clock}.${String(us % 1_000_000n).padStart(6, '0')}`, sized(8, (b) => b.writeBigInt64BE(us))];
    }),
    read: (bytes, at) => {
      const [b, next] = readSized(bytes, at);
      expect(b[0]).toBe(0);
      const hour = b.readUInt32LE(1) * 24 + (b[5] ?? 0);
      const fraction = b.length > 8 ? b.readUInt32LE(8) : 0;
      return [`${two(hour)}:${two(b[6] ?? 0)}:${two(b[7] ?? 0)}.${String(fraction).padStart(6, '0')}`, next];
    },
  },
  {
    name: 'uuid',
    kernel: { operation: operation.uuid },
    values: fc.uuid().map((v) => [v, Buffer.from(v.replaceAll('-', ''), 'hex')]),
    read: readText,
  },
  ...[1, 7, 8, 9, 31, 33, 64].map(
    (length): Kind => ({
      name: `bit(${length})`,
      kernel: { operation: operation.bits, limit: length },
      values: fc.bigInt({ min: 0n, max: 2n ** BigInt(length) - 1n }).map((v) => {
        const padded = v
          .toString(2)
          .padStart(length, '0')
          .padEnd(Math.ceil(length / 8) * 8, '0');
        const bytes = padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
        return [String(v), Buffer.concat([sized(4, (b) => b.writeInt32BE(length)), Buffer.from(bytes)])];
      }),
      read: (bytes, at) => [String(bytes.readBigUInt64LE(at)), at + 8],
    }),
  ),
];

function kernelOf(part: Partial<Kernel> & Pick<Kernel, 'operation'>): Kernel {
  return {
    fieldType: 253,
    isUnsigned: false,
    limit: UNLIMITED,
    refusesNull: false,
    name: 'odd',
    columnType: 'type(x)',
    ...part,
  };
}

function tuple(fields: readonly (Buffer | null)[]): Buffer {
  const parts = [sized(2, (b) => b.writeInt16BE(fields.length))];
  for (const field of fields) {
    parts.push(sized(4, (b) => b.writeInt32BE(field === null ? -1 : field.length)));
    if (field !== null) parts.push(field);
  }
  return Buffer.concat(parts);
}

/** Encodes everything into as many packets as it takes. @returns the rows of each packet, without its head. */
function encodeAll(
  open: OpenEncoder,
  kernels: readonly Kernel[],
  bytes: Buffer,
  target: number,
  max: number,
): Buffer[] {
  const encoder = open(kernels);
  const packet = new BulkPacket(7, kernels, target, max, encoder.packetMemory());
  const headBytes = packet.size;
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    at = encoder.encode(bytes, at, packet);
    // Whoever sends packets goes by this: a packet that could take no more says so, or nobody would ever send it.
    expect(packet.size >= packet.bytesTarget || at === bytes.length).toBe(true);
    expect(packet.rowCount).toBeGreaterThan(0);
    expect(packet.size).toBeLessThanOrEqual(max);
    packets.push(Buffer.from(packet.bytes.subarray(headBytes, packet.size)));
    packet.reset();
    expect(packet.size).toBe(headBytes);
  }
  return packets;
}

describe.each([
  ['TypeScript', openTypeScriptEncoder],
  ['WebAssembly', openWasmEncoder],
])('tuples of COPY BINARY as rows of the bulk command, by %s', (_engine, open) => {
  it.each(kinds.map((kind) => [kind.name, kind] as const))('keeps every %s', (_name, kind) => {
    fc.assert(
      fc.property(
        fc.array(fc.option(kind.values), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 4_000 }),
        (values, target) => {
          const rows = values.map((value) => tuple([value === null ? null : value[1]]));
          const packets = encodeAll(open, [kernelOf(kind.kernel)], Buffer.concat(rows), target, 2 ** 22);
          expect(readRows(packets, [kind])).toEqual(
            values.map((value) => [value === null ? null : value[0]]),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps rows of any columns, over packets of any size', () => {
    const schemas = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 });
    const tables = schemas.chain((schema) =>
      fc.tuple(
        fc.constant(schema),
        fc.array(fc.tuple(...schema.map((kind) => fc.option(kind.values))), { minLength: 1, maxLength: 15 }),
      ),
    );
    fc.assert(
      fc.property(
        tables,
        fc.integer({ min: 1, max: 3_000 }),
        fc.nat(20_000),
        ([schema, rows], target, slack) => {
          const bytes = Buffer.concat(
            rows.map((row) => tuple(row.map((value) => (value === null ? null : value[1])))),
          );
          // Room for any single row; several together may go beyond, and must be parted.
          const max = 2 * 1024 * 1024 + slack;
          const packets = encodeAll(
            open,
            schema.map((kind) => kernelOf(kind.kernel)),
            bytes,
            Math.min(target * 1_000, max),
            max,
          );
          expect(readRows(packets, schema)).toEqual(
            rows.map((row) => row.map((value) => (value === null ? null : value[0]))),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never makes a packet larger than the server takes', () => {
    const kernels = [kernelOf({ operation: operation.bytes })];
    const row = tuple([Buffer.alloc(400)]);
    // 13 bytes of head, and 404 for a row: two fit, the third would go one byte beyond.
    const packets = encodeAll(open, kernels, Buffer.concat(Array(7).fill(row)), 1_000, 13 + 3 * 404 - 1);
    expect(packets.map((packet) => packet.length / 404)).toEqual([2, 2, 2, 1]);
    expect(() => encodeAll(open, kernels, row, 1_000, 13 + 403)).toThrow(
      expect.objectContaining({
        code: 'Cdm.0234',
        facts: { cause: expect.stringContaining('a row takes 417 bytes') },
      }),
    );
  });

  it.each([
    ['NaN', operation.float4, sized(4, (b) => b.writeFloatBE(Number.NaN)), 'cannot hold it: NaN'],
    ['Infinity', operation.float8, sized(8, (b) => b.writeDoubleBE(Infinity)), 'cannot hold it: Infinity'],
    ['-Infinity', operation.float8, sized(8, (b) => b.writeDoubleBE(-Infinity)), 'cannot hold it: -Infinity'],
    ['a numeric NaN', operation.numeric, Buffer.from('00000000c0000000', 'hex'), 'cannot hold it: NaN'],
    [
      'a numeric infinity',
      operation.numeric,
      Buffer.from('00000000d0000020', 'hex'),
      'cannot hold it: Infinity',
    ],
    [
      'a numeric infinity',
      operation.numeric,
      Buffer.from('00000000f0000020', 'hex'),
      'cannot hold it: -Infinity',
    ],
    ['too many decimals', operation.numeric, numericBytes('-12345.6789'), 'cannot hold it: -12345.6789'],
    ['a last decimal', operation.numeric, numericBytes('0.00000001'), 'cannot hold it: 0.00000001'],
    [
      'too large a number',
      operation.numeric,
      numericBytes('9'.repeat(69)),
      `cannot hold it: ${'9'.repeat(64)}`,
    ],
    ['a day of infinity', operation.date, sized(4, (b) => b.writeInt32BE(2 ** 31 - 1)), 'hold it: infinity'],
    ['a day before all', operation.date, sized(4, (b) => b.writeInt32BE(-(2 ** 31))), 'hold it: -infinity'],
    ['a day BC', operation.date, sized(4, (b) => b.writeInt32BE(-730_120)), 'hold it: 0001-12-31 BC'],
    ['a late day', operation.date, sized(4, (b) => b.writeInt32BE(2_921_940)), 'hold it: 10000-01-01'],
    [
      'infinity',
      operation.timestamp,
      sized(8, (b) => b.writeBigInt64BE(2n ** 63n - 1n)),
      'hold it: infinity',
    ],
    [
      '-infinity',
      operation.timestamp,
      sized(8, (b) => b.writeBigInt64BE(-(2n ** 63n))),
      'hold it: -infinity',
    ],
    [
      'a moment BC',
      operation.timestamp,
      sized(8, (b) => b.writeBigInt64BE(-730_119n * 86_400_000_000n - 1n)),
      'hold it: 0001-12-31 23:59:59.999999 BC',
    ],
    [
      'a moment beyond 9999',
      operation.timestamp,
      sized(8, (b) => b.writeBigInt64BE(2_921_940n * 86_400_000_000n)),
      'hold it: 10000-01-01 00:00:00',
    ],
    [
      'digits of a second',
      operation.timestamp,
      sized(8, (b) => b.writeBigInt64BE(1_000n)),
      'keeps 2 digits of a second: 2000-01-01 00:00:00.001',
    ],
    [
      'digits of a second',
      operation.time,
      sized(8, (b) => b.writeBigInt64BE(86_399_999_000n)),
      'keeps 2 digits of a second: 23:59:59.999',
    ],
    ['too many bits', operation.bits, Buffer.from('00000003a0', 'hex'), 'holds exactly 2 bits: 101'],
  ] as const)('refuses %s by the name of its column', (_name, kind, field, sentence) => {
    const kernels = [kernelOf({ operation: operation.int2 }), kernelOf({ operation: kind, limit: 2 })];
    const bytes = tuple([Buffer.from([0, 1]), field]);
    expect(() => encodeAll(open, kernels, bytes, 1_000, 1_000)).toThrow(
      expect.objectContaining({
        code: 'Cdm.0234',
        facts: {
          cause: expect.stringMatching(new RegExp(`^column odd: .*${sentence.replaceAll('.', '\\.')}$`)),
        },
      }),
    );
  });

  it('refuses a null where none may be, and takes it elsewhere', () => {
    const kernels = [
      kernelOf({ operation: operation.int2 }),
      kernelOf({ operation: operation.timestamp, refusesNull: true }),
    ];
    const moment = sized(8, (b) => b.writeBigInt64BE(0n));
    expect(encodeAll(open, kernels, tuple([null, moment]), 1_000, 1_000)).toHaveLength(1);
    expect(() => encodeAll(open, kernels, tuple([Buffer.from([0, 1]), null]), 1_000, 1_000)).toThrow(
      expect.objectContaining({ code: 'Cdm.0234', facts: { cause: 'column odd (type(x)) takes no null' } }),
    );
  });

  it('keeps the zeros that a scale hides', () => {
    const kernels = [kernelOf({ operation: operation.numeric, limit: 2 })];
    const packets = encodeAll(open, kernels, tuple([numericBytes('7.500000000')]), 1_000, 1_000);
    expect(packets[0]?.toString('latin1').slice(2)).toBe('7.50');
  });

  it('refuses bytes that are no tuples of these columns', () => {
    const kernels = [kernelOf({ operation: operation.int4 })];
    const good = tuple([Buffer.alloc(4)]);
    for (const bad of [
      tuple([]),
      tuple([null, null]),
      good.subarray(0, 1),
      good.subarray(0, 5),
      good.subarray(0, 9),
      Buffer.from([0xff, 0xff]),
    ]) {
      expect(() => encodeAll(open, kernels, bad, 1_000, 1_000), bad.toString('hex')).toThrow(RangeError);
    }
  });

  it('refuses values of another type than was agreed', () => {
    for (const kind of kinds) {
      const isText = kind.kernel.operation === operation.bytes || kind.kernel.operation === operation.jsonb;
      if (isText) continue;
      const [value] = fc.sample(kind.values, { numRuns: 1, seed: 7 });
      const field = value?.[1] ?? Buffer.alloc(0);
      for (const bad of [field.subarray(0, -1), Buffer.concat([field, Buffer.from([0])]), Buffer.alloc(0)]) {
        const rows = Buffer.concat([tuple([bad]), tuple([field])]);
        expect(() => encodeAll(open, [kernelOf(kind.kernel)], rows, 1_000, 1_000_000), kind.name).toThrow(
          RangeError,
        );
      }
    }
  });
});

function readRows(packets: readonly Buffer[], schema: readonly Kind[]): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (const bytes of packets) {
    for (let at = 0; at < bytes.length; ) {
      const row: (string | null)[] = [];
      for (const kind of schema) {
        if (bytes[at++] === 1) row.push(null);
        else {
          const [text, next] = kind.read(bytes, at);
          row.push(text);
          at = next;
        }
      }
      rows.push(row);
    }
  }
  return rows;
}
