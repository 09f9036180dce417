import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel, kernelModule, rowKernel } from './build-kernel.ts';
import { type Engine, fault, ROW_BYTES_MAX, stop } from './engine.ts';
import { intTarget, type Kernel, op, rowOverhead, TARGET_SHIFT, UNSIGNED_BIT } from './kernels.ts';
import { engineInWords, openTypeScriptEngine } from './open-engine.ts';
import { type Random, randomKernel, randomPacket } from './random-packets.ts';
import { TypeScriptEngine } from './typescript-engine.ts';
import { openWasmEngine } from './wasm-engine.ts';

const engines = [
  ['TypeScript', openTypeScriptEngine],
  ['WebAssembly', openWasmEngine],
] as const;

function packet(...parts: readonly (readonly number[])[]): Buffer {
  const body = Buffer.from([0, ...parts.flat()]);
  return Buffer.concat([
    Buffer.from([body.length & 255, (body.length >> 8) & 255, body.length >> 16, 0]),
    body,
  ]);
}

/** Everything that a call says, and the bytes that it made. */
function outcome(engine: Engine, input: Buffer, at = 0, rowsMax = 1_000_000) {
  input.copy(engine.input);
  const why = engine.run(0, input.length, at, rowsMax);
  const { result } = engine;
  const isFault = why === stop.fault;
  return {
    why,
    ...result,
    faultColumn: isFault ? result.faultColumn : 0,
    faultAt: isFault ? result.faultAt : 0,
    bytes: engine.output.toString('hex', at, result.written),
  };
}

/** A source of numbers that fast-check can shrink by its seed. */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe.each(engines)('%s engine', (name, open) => {
  it('says who it is', () => expect(open([]).name).toBe(name));

  it('turns a row round', () => {
    const engine = open([
      { op: op.swap4, argument: 0 },
      { op: op.text, argument: 0 },
      { op: op.swap2, argument: 0 },
    ]);
    const row = packet([0b10000], [1, 2, 3, 4], [2, 0x61, 0x62]);
    expect(outcome(engine, row)).toMatchObject({
      why: stop.needsInput,
      rows: 1,
      lastRow: 0,
      consumed: row.length,
      bytes: '0003' + '00000004' + '04030201' + '00000002' + '6162' + 'ffffffff',
    });
  });

  it('leaves what is no row, or no whole row, where it is', () => {
    const engine = open([{ op: op.swap2, argument: 0 }]);
    const row = packet([0], [1, 0]);
    const end = Buffer.from([5, 0, 0, 9, 0xfe, 0, 0, 2, 0]);
    expect(outcome(engine, Buffer.concat([row, end]))).toMatchObject({
      why: stop.notARow,
      rows: 1,
      consumed: row.length,
    });
    for (let cut = 1; cut < row.length; cut++) {
      expect(outcome(engine, Buffer.concat([row, row.subarray(0, cut)]))).toMatchObject({
        why: stop.needsInput,
        rows: 1,
        consumed: row.length,
      });
    }
    const large = Buffer.alloc(4);
    large.writeUIntLE(ROW_BYTES_MAX + 1, 0, 3);
    expect(outcome(engine, large)).toMatchObject({ why: stop.largeRow, rows: 0, consumed: 0 });
  });

  it('stops before the output is full, and after the rows asked for', () => {
    const kernels = [{ op: op.swap2, argument: 0 }];
    const engine = open(kernels);
    const row = packet([0], [1, 0]);
    const free = rowOverhead(kernels) + row.length - 4;
    const last = engine.output.length - free;
    expect(outcome(engine, row, last)).toMatchObject({ why: stop.needsInput, rows: 1 });
    expect(outcome(engine, row, last + 1)).toMatchObject({ why: stop.outputFull, rows: 0, consumed: 0 });
    expect(outcome(engine, Buffer.concat([row, row, row]), 0, 2)).toMatchObject({
      why: stop.rowsMax,
      rows: 2,
      lastRow: row.length,
      consumed: 2 * row.length,
    });
  });

  const unsigned = (size: number, target: number): Kernel => ({
    op: op.integer,
    argument: size | UNSIGNED_BIT | (target << TARGET_SHIFT),
  });
  const date = { op: op.date, argument: 0 };
  it.each([
    ['out of range', unsigned(4, intTarget.integer), [0, 0, 0, 0x80], fault.outOfRange],
    [
      'out of 64 bits',
      unsigned(8, intTarget.bigint),
      [255, 255, 255, 255, 255, 255, 255, 255],
      fault.outOfRange,
    ],
    ['no boolean', unsigned(1, intTarget.boolean), [2], fault.notBoolean],
    ['NUL in a short text', { op: op.text, argument: 0 }, [3, 0x61, 0, 0x62], fault.nul],
    [
      'NUL at the end of a long text',
      { op: op.text, argument: 0 },
      [33, ...Buffer.alloc(32, 0x61), 0],
      fault.nul,
    ],
    ['NUL in JSON', { op: op.jsonb, argument: 0 }, [1, 0], fault.nul],
    ['no date at all', date, [0], fault.noSuchDate],
    ['month 0', date, [4, 0xe8, 7, 0, 1], fault.noSuchDate],
    ['day 0', { op: op.timestamp, argument: 0 }, [4, 0xe8, 7, 1, 0], fault.noSuchDate],
    ['year 0', date, [4, 0, 0, 1, 1], fault.yearZero],
    ['negative time', { op: op.time, argument: 0 }, [8, 1, 0, 0, 0, 0, 0, 0, 1], fault.noTimeOfDay],
    ['a day and more', { op: op.time, argument: 0 }, [8, 0, 1, 0, 0, 0, 0, 0, 1], fault.noTimeOfDay],
    ['no uuid', { op: op.uuid, argument: 0 }, [2, 0x61, 0x62], fault.badUuid],
    ['no number', { op: op.decimal, argument: 0 }, [3, 0x31, 0x65, 0x35], fault.badDecimal],
    ['too many bits', { op: op.bits, argument: 3 }, [2, 1, 1], fault.outOfRange],
    ['a text beyond its packet', { op: op.text, argument: 0 }, [9, 0x61], fault.malformed],
    ['a length of 2^64', { op: op.text, argument: 0 }, [254, ...Buffer.alloc(8, 255)], fault.malformed],
    ['a null that is no length', { op: op.text, argument: 0 }, [251], fault.malformed],
  ])('refuses %s, and says where', (_what, kernel, field, kind) => {
    const engine = open([{ op: op.swap2, argument: 0 }, kernel]);
    const good = packet([0b1100], []);
    const bad = packet([0], [7, 7], field);
    const said = outcome(engine, Buffer.concat([good, bad]));
    expect(said).toMatchObject({
      why: stop.fault,
      fault: kind,
      faultColumn: 1,
      rows: 1,
      consumed: good.length,
    });
    expect(said.faultAt).toBe(good.length + 4 + 2 + 2);
  });

  it('refuses a row with bytes left over', () => {
    const engine = open([{ op: op.swap2, argument: 0 }]);
    expect(outcome(engine, packet([0], [1, 0, 0]))).toMatchObject({
      why: stop.fault,
      fault: fault.malformed,
    });
  });
});

describe('both engines', () => {
  it('say and make the same, whatever the columns and rows', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 0.5, noNaN: true }), (seed, nullShare) => {
        const random = seeded(seed);
        const kernels = Array.from({ length: 1 + Math.floor(random() * 30) }, () => randomKernel(random));
        const rows = Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
          randomPacket(random, kernels, nullShare),
        );
        const whole = Buffer.concat(rows).subarray(0, 300 * 1024);
        const input = whole.subarray(0, whole.length - Math.floor(random() * 3));
        const rowsMax = random() < 0.2 ? Math.floor(random() * 5) : 1_000_000;
        const expected = outcome(openTypeScriptEngine(kernels), input, 0, rowsMax);
        expect(outcome(openWasmEngine(kernels), input, 0, rowsMax)).toEqual(expected);
      }),
      { numRuns: 1_500 },
    );
  });

  it('never make more of a row than they said they would', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seeded(seed);
        const kernels = Array.from({ length: 1 + Math.floor(random() * 30) }, () => randomKernel(random));
        const row = randomPacket(random, kernels, 0);
        const engine = new TypeScriptEngine(kernels, row, Buffer.alloc(200_000));
        const written = engine.row(4, row.length, 0);
        expect(written).toBeLessThanOrEqual(rowOverhead(kernels) + row.length - 4);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the compiled kernel', () => {
  it('is what its source compiles to', async () => {
    const generated = await readFile(new URL('./kernel-wasm.ts', import.meta.url), 'utf8');
    expect(generated).toBe(kernelModule(rowKernel, await compileKernel(rowKernel)));
  });

  it('gives way to TypeScript where it cannot run, and that is said', () => {
    expect(engineInWords()).toContain('WebAssembly turns');
    const words = engineInWords(() => {
      throw new Error('not here');
    });
    expect(words).toContain('TypeScript turns');
    expect(words).toContain('(not here)');
  });
});
