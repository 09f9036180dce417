import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileKernel, kernelModule, tupleKernel } from '../transcode/build-kernel.ts';
import { BulkPacket } from './bulk-packet.ts';
import { type Kernel, operation, UNLIMITED } from './kernels.ts';
import { encoderInWords, type OpenEncoder, openEncoder, openTypeScriptEncoder } from './open-encoder.ts';
import { TupleEncoder } from './tuple-encoder.ts';
import { openWasmEncoder } from './wasm-encoder.ts';

afterEach(() => vi.restoreAllMocks());

function kernel(op: Kernel['operation'], limit: number = UNLIMITED): Kernel {
  return {
    operation: op,
    fieldType: 253,
    isUnsigned: false,
    limit,
    refusesNull: false,
    name: 'odd',
    columnType: 'type(x)',
  };
}

function field(body: Buffer | null): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body === null ? -1 : body.length);
  return body === null ? length : Buffer.concat([length, body]);
}

function tuple(fields: readonly (Buffer | null)[], gap = 0): Buffer {
  const head = Buffer.alloc(gap + 2, 0x64);
  head.writeInt16BE(fields.length, gap);
  return Buffer.concat([head, ...fields.map(field)]);
}

/** In full where people can read it. */
function contentOf({ rowCount, size, bytes }: BulkPacket): string {
  // The packet's header is written when it is sent.
  const rows = bytes.subarray(4, size);
  const content = size < 1_000 ? rows.toString('hex') : createHash('sha256').update(rows).digest('hex');
  return `${rowCount} rows, ${size} bytes: ${content}`;
}

/** Everything that an encoder makes of some bytes: its packets, and the error that ended it. */
function outcome(
  open: OpenEncoder,
  kernels: readonly Kernel[],
  bytes: Buffer,
  target: number,
  max: number,
  gap = 0,
): { packets: string[]; error: string | null } {
  const encoder = open(kernels);
  const packet = new BulkPacket(7, kernels, target, max, encoder.packetMemory());
  const packets: string[] = [];
  try {
    for (let at = 0; at < bytes.length; ) {
      at = encoder.encode(bytes, at, packet, gap);
      packets.push(contentOf(packet));
      packet.reset();
    }
    return { packets, error: null };
  } catch (error) {
    return {
      packets,
      error: `${(error as Error).message} ${JSON.stringify((error as { facts?: unknown }).facts)}`,
    };
  }
}

const operations = Object.values(operation);
const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
/** Bytes of about the right form: what an encoder takes, what it refuses, and what it cannot read. */
const bodies = fc.oneof(
  ...[1, 2, 4, 8, 16].map(bytesOf),
  fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
  // Numbers: groups of four digits, a weight and a scale around their count.
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 9_999 }), { maxLength: 20 }),
      fc.integer({ min: -4, max: 20 }),
      fc.constantFrom(0, 0, 0x4000, 0xc000, 0xd000),
      fc.nat(40),
    )
    .map(([groups, weight, sign, scale]) => {
      const body = Buffer.alloc(8 + 2 * groups.length);
      body.writeUInt16BE(groups.length);
      body.writeInt16BE(weight, 2);
      body.writeUInt16BE(sign, 4);
      body.writeUInt16BE(scale, 6);
      groups.forEach((group, i) => {
        body.writeUInt16BE(group, 8 + 2 * i);
      });
      return body;
    }),
  // Moments around the ends of what the destination holds, and times of day.
  fc.bigInt({ min: -70_000_000_000_000_000n, max: 260_000_000_000_000_000n }).map(int64),
  fc.bigInt({ min: 0n, max: 86_400_000_000n }).map(int64),
  fc.integer({ min: -740_000, max: 2_930_000 }).map((day) => {
    const body = Buffer.alloc(4);
    body.writeInt32BE(day);
    return body;
  }),
);

function int64(value: bigint): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigInt64BE(value);
  return body;
}

describe('both encoders', () => {
  it('make and say the same, whatever the bytes', () => {
    const columns = fc.array(fc.tuple(fc.constantFrom(...operations), fc.integer({ min: -1, max: 6 })), {
      minLength: 1,
      maxLength: 6,
    });
    const cases = columns.chain((schema) =>
      fc.record({
        schema: fc.constant(schema),
        rows: fc.array(fc.tuple(...schema.map(() => fc.option(bodies, { freq: 4 }))), {
          minLength: 1,
          maxLength: 6,
        }),
        gap: fc.constantFrom(0, 5),
        cut: fc.nat(2),
        target: fc.integer({ min: 1, max: 2_000 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ schema, rows, gap, cut, target }) => {
        const kernels = schema.map(([op, limit]) =>
          kernel(op, op === operation.bits || op === operation.numeric ? limit : Math.max(0, limit)),
        );
        const whole = Buffer.concat(rows.map((row) => tuple(row, gap)));
        const bytes = whole.subarray(0, whole.length - cut);
        const max = 1_000_000;
        const expected = outcome(openTypeScriptEncoder, kernels, bytes, target, max, gap);
        expect(outcome(openWasmEncoder, kernels, bytes, target, max, gap)).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([0, 5])('make the same of more than fits at once, with %i bytes ahead of each tuple', (gap) => {
    const kernels = [kernel(operation.int8), kernel(operation.bytes)];
    const sizes = [0, 1, 250, 251, 70_000, 200_000, 300_000, 700_000, 3, 65_535, 65_536, 17];
    const rows = Array.from({ length: 60 }, (_, i) =>
      tuple([int64(BigInt(i)), Buffer.alloc(sizes[i % sizes.length] ?? 0, i)], gap),
    );
    const bytes = Buffer.concat(rows);
    const expected = outcome(openTypeScriptEncoder, kernels, bytes, 512 * 1024, 2 ** 21, gap);
    expect(expected.error).toBeNull();
    expect(outcome(openWasmEncoder, kernels, bytes, 512 * 1024, 2 ** 21, gap)).toEqual(expected);
  });
});

describe('the compiled kernel', () => {
  it('takes the usual tuples itself, and leaves the others to its twin', () => {
    const twin = vi.spyOn(TupleEncoder.prototype, 'encodeOne');
    const kernels = [kernel(operation.int8), kernel(operation.bytes), kernel(operation.timestamp, 6)];
    const usual = (i: number) =>
      tuple([int64(BigInt(i)), Buffer.alloc(i % 400, 65), int64(BigInt(i) * 1_000_003n)]);
    const bytes = Buffer.concat(Array.from({ length: 5_000 }, (_, i) => usual(i)));
    expect(outcome(openWasmEncoder, kernels, bytes, 512 * 1024, 2 ** 24).error).toBeNull();
    expect(twin).not.toHaveBeenCalled();
    const late = tuple([int64(1n), null, int64(2n ** 62n)]);
    const { error } = outcome(openWasmEncoder, kernels, Buffer.concat([bytes, late]), 512 * 1024, 2 ** 24);
    expect(error).toContain('column odd: type(x) cannot hold it');
    expect(twin).toHaveBeenCalledTimes(1);
  });

  it('is what its source compiles to', async () => {
    const generated = await readFile(tupleKernel.generated, 'utf8');
    expect(generated).toBe(kernelModule(tupleKernel, await compileKernel(tupleKernel)));
  });

  it('gives way to TypeScript where it cannot run, and that is said', () => {
    expect(openEncoder([]).name).toBe('WebAssembly');
    expect(encoderInWords()).toBe('WebAssembly makes them');
    const words = encoderInWords(() => {
      throw new Error('not here');
    });
    expect(words).toBe('TypeScript makes them, for WebAssembly cannot be used (not here)');
  });
});
