import type { Source } from '@sluice/core/connector/contract';
import type { NeutralType } from '@sluice/core/data/column';
import type { ReadWindow } from '@sluice/core/data/read-window';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, test } from 'vitest';
import { fixWindow } from './read-window.ts';
import type { WatermarkWork } from './work.ts';

const moment: NeutralType = { kind: 'timestamp', fraction: 6, zoned: false };
const integer: NeutralType = { kind: 'integer', bits: 32, unsigned: false };

/** A stand-in for a source: it knows one column. */
function sourceOf(type: NeutralType, highest: string | null, isUnique = false, now = 0): Source {
  const column = { name: 'c', native: 'native', type, isNullable: true, isGenerated: false };
  return {
    watermarks: {
      describe: async () => ({ column, isUnique, now }),
      highest: async () => highest,
      within: () => ({}) as Source,
    },
  } as unknown as Source;
}

const base: WatermarkWork = {
  column: 'c',
  place: 'here',
  last: null,
  initial: null,
  overlap: 0,
  upper: 'BELOW_MAX',
  lagSeconds: 0,
  zone: 'Asia/Shanghai',
};

async function boundsOf(
  source: Source,
  work: Partial<WatermarkWork>,
): Promise<Pick<ReadWindow, 'from' | 'to'>> {
  const { from, to } = await fixWindow(source, { ...base, ...work });
  return { from, to };
}

const at = (value: string, isIncluded: boolean) => ({ value, isIncluded });

describe('the window of an incremental run (on a stand-in source)', () => {
  test('begins where the last one ended, and leaves the greatest value to the next', async () => {
    const source = sourceOf(integer, '20');
    expect(await boundsOf(source, {})).toEqual({ from: null, to: at('20', false) });
    expect(await boundsOf(source, { last: at('10', false) })).toEqual({
      from: at('10', true),
      to: at('20', false),
    });
    expect(await boundsOf(source, { last: at('10', true) })).toEqual({
      from: at('10', false),
      to: at('20', false),
    });
    expect(await boundsOf(source, { initial: '5' })).toEqual({ from: at('5', false), to: at('20', false) });
  });

  test('with MAX takes it in, on a key or with an overlap', async () => {
    expect(await boundsOf(sourceOf(integer, '20', true), { upper: 'MAX' })).toEqual({
      from: null,
      to: at('20', true),
    });
    const overlap = { upper: 'MAX', overlap: 3, last: at('10', true) } as const;
    expect(await boundsOf(sourceOf(integer, '20'), overlap)).toEqual({
      from: at('7', false),
      to: at('20', true),
    });
    await expect(boundsOf(sourceOf(integer, '20'), { upper: 'MAX' })).rejects.toBeInstanceOf(SluiceError);
  });

  test('reads nothing where there is nothing, and never puts a bound back', async () => {
    expect((await boundsOf(sourceOf(integer, null), { last: at('10', true) })).to).toBeNull();
    const overlap = { upper: 'MAX', overlap: 5, last: at('10', true) } as const;
    expect((await boundsOf(sourceOf(integer, '8'), overlap)).to).toEqual(at('10', true));
  });

  test('LAG stays behind the clock of the source, in the zone of the service', async () => {
    const now = Date.parse('2026-01-31T20:00:00Z');
    const lag = { upper: 'LAG', lagSeconds: 60 } as const;
    expect((await boundsOf(sourceOf(moment, null, false, now), lag)).to).toEqual(
      at('2026-02-01 03:59:00', false),
    );
    expect((await boundsOf(sourceOf({ kind: 'date' }, null, false, now), lag)).to).toEqual(
      at('2026-02-01', false),
    );
    const ahead = { ...lag, last: at('2026-02-01 03:59:00', false) };
    expect((await boundsOf(sourceOf(moment, null, false, now), ahead)).to).toBeNull();
    await expect(boundsOf(sourceOf(integer, '1', true, now), lag)).rejects.toBeInstanceOf(SluiceError);
  });

  test.each([
    [{ kind: 'float', bits: 64 }, {}],
    [
      { kind: 'text', length: null, fixed: false },
      { overlap: 1, last: at('a', true) },
    ],
    [integer, { initial: 'five' }],
    [integer, { last: at('five', true) }],
  ] as const)('of %o with %o is refused', async (type, work) => {
    await expect(boundsOf(sourceOf(type, '1', true), work)).rejects.toMatchObject({ code: 'Cdm.0014' });
  });

  test('a greatest value that cannot be a bound ends the run', async () => {
    await expect(boundsOf(sourceOf(moment, '10000-01-01 00:00:00'), {})).rejects.toBeInstanceOf(SluiceError);
  });
});
