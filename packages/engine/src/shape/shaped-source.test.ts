import type { Source } from '@sluice/core/connector/contract';
import type { RowBatch } from '@sluice/core/data/batch';
import type { Column, NeutralType } from '@sluice/core/data/column';
import type { Value } from '@sluice/core/data/value';
import { describe, expect, test } from 'vitest';
import { castTo } from './cast-value.ts';
import type { ShapedColumn } from './shape-plan.ts';
import { shapedSource } from './shaped-source.ts';

const text: NeutralType = { kind: 'text', length: null, fixed: false };
const whole: NeutralType = { kind: 'integer', bits: 32, unsigned: false };

function column(name: string, type: NeutralType): Column {
  return { name, native: type.kind, type, isNullable: true, isGenerated: false };
}

/** What becomes of rows of a stand-in source. */
async function shaped(
  read: readonly Column[],
  columns: readonly ShapedColumn[],
  rows: readonly (readonly Value[])[],
  download?: (url: string) => Promise<Uint8Array>,
): Promise<RowBatch> {
  const batch: RowBatch = { form: 'rows', rowCount: rows.length, byteCount: 10, position: null, rows };
  const source = {
    read: async function* () {
      yield batch;
    },
  } as unknown as Source;
  const host = { signal: new AbortController().signal, log: () => undefined, ...(download && { download }) };
  const plan = { zone: 'Asia/Shanghai', nowMs: 0, read, columns };
  const slice = { no: 0, cut: null, label: '', rowsEstimate: null };
  for await (const made of shapedSource(source, plan, source, host).read(
    slice,
    { form: 'rows', columns: [] },
    null,
  )) {
    return made as RowBatch;
  }
  throw new Error('no batch');
}

const expression = (name: string, from: number, formula: string, as: NeutralType = text): ShapedColumn => ({
  kind: 'converted',
  name,
  from,
  steps: [{ kind: 'EXPRESSION', expression: formula }],
  as,
});

describe('rows of a stand-in source', () => {
  const read = [column('id', whole), column('name', text)];

  test('a row that cannot be made is a reject, with the field as it was read and the reason', async () => {
    const made = await shaped(
      read,
      [{ kind: 'field', from: 0 }, expression('name', 1, 'value * 2', whole)],
      [
        [1, '4'],
        [2, 'x'],
        [3, null],
      ],
    );
    expect(made.rows).toEqual([
      [1, 8],
      [3, 0],
    ]);
    expect(made.rowCount).toBe(3);
    expect(made.rejects).toMatchObject([{ values: [2, 'x'], code: 'Cdm.0064' }]);
    expect(made.rejects?.[0]?.facts.explanationEn).toBe('Field name: "x" is no number.');
    expect(made.rejects?.[0]?.facts.explanationZh).toContain('不是数字');
  });

  test('row holds what was read, value what the converters before made', async () => {
    const made = await shaped(
      read,
      [
        {
          kind: 'converted',
          name: 'name',
          from: 1,
          steps: [{ kind: 'REVERSE' }, { kind: 'EXPRESSION', expression: 'value + row[1] + row[0]' }],
          as: text,
        },
        { kind: 'added', name: 'twice', value: '#{row[0] * 2}', as: whole },
        { kind: 'added', name: 'label', value: 'n#{row[0]}', as: text },
      ],
      [[7, 'ab']],
    );
    expect(made.rows).toEqual([['baab7', 14, 'n7']]);
  });

  test('a mapping file is fetched once, and the row made again', async () => {
    const asked: string[] = [];
    const look =
      '(CommonUtils.cacheExists("m") ? "" : CommonUtils.setCache("m", HttpsUtils.downloadMap("http://h/m.csv"))) == "" ? CommonUtils.getCache("m")[value] : CommonUtils.getCache("m")[value]';
    const made = await shaped(
      read,
      [expression('name', 1, look)],
      [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ],
      async (url) => {
        asked.push(url);
        return new TextEncoder().encode('a,Shenzhen\r\nb , Paris, France\nnothing\n');
      },
    );
    expect(asked).toEqual(['http://h/m.csv']);
    expect(made.rows).toEqual([['Shenzhen'], ['Paris, France'], [null]]);
  });

  test('without a host that fetches, a mapping file is a clear error', async () => {
    const look = 'HttpsUtils.downloadMap("http://h/m.csv")[value]';
    await expect(shaped(read, [expression('name', 1, look)], [[1, 'a']])).rejects.toMatchObject({
      code: 'Cdm.0233',
      facts: { cause: expect.stringContaining('http://h/m.csv') },
    });
  });

  test.each([
    [{ kind: 'timestamp', fraction: 6, zoned: false }, '2018-01-05 15:15:05', '2018-01-05 15:15:05.0'],
    [{ kind: 'timestamp', fraction: 6, zoned: false }, '2018-01-05 15:15:05.12', '2018-01-05 15:15:05.120'],
    [
      { kind: 'timestamp', fraction: 6, zoned: false },
      '2018-01-05 15:15:05.123456',
      '2018-01-05 15:15:05.123456',
    ],
    [
      { kind: 'timestamp', fraction: 6, zoned: true },
      '2023-11-30 02:40:46.588+00',
      '2023-11-30 10:40:46.588',
    ],
    [{ kind: 'date' }, '2018-01-05', '2018-01-05'],
    [{ kind: 'decimal', precision: 10, scale: 2 }, '10.50', '10.50'],
    [{ kind: 'float', bits: 64 }, 1e10, '1.0E10'],
    [{ kind: 'boolean' }, true, 'true'],
    [{ kind: 'integer', bits: 64, unsigned: true }, 18446744073709551615n, '18446744073709551615'],
  ] as [NeutralType, Value, string][])('%o: expressions see %s as %s', async (type, value, seen) => {
    const made = await shaped([column('v', type)], [expression('v', 0, '"" + value')], [[value]]);
    expect(made.rows).toEqual([[seen]]);
  });
});

describe('what an expression gives, made to fit', () => {
  const stamp: NeutralType = { kind: 'timestamp', fraction: 3, zoned: false };
  const instant: NeutralType = { kind: 'timestamp', fraction: 3, zoned: true };

  test.each([
    [whole, '42', 42],
    [whole, 4.0, 4],
    [whole, '9007199254740993', 9007199254740993n],
    [{ kind: 'decimal', precision: null, scale: null }, '1.5e3', '1500'],
    [{ kind: 'float', bits: 64 }, '2.5', 2.5],
    [{ kind: 'boolean' }, 'TRUE', true],
    [{ kind: 'date' }, '2018-01-05 00:00:00.0', '2018-01-05'],
    [stamp, '1508115600000', '2017-10-16 09:00:00'],
    [instant, '1508115600000', '2017-10-16 01:00:00+00'],
    [stamp, '2017-10-16', '2017-10-16 00:00:00'],
    [instant, '2017-10-16 09:00:00.5', '2017-10-16 01:00:00.5+00'],
    [instant, '2017-10-16T09:00:00+09:00', '2017-10-16 00:00:00+00'],
    [text, 2.0, '2.0'],
    [text, null, null],
  ] as [NeutralType, string | number | null, Value][])('%o of %s is %s', (type, value, wanted) => {
    expect(castTo(type, 'Asia/Shanghai')(value)).toEqual(wanted);
  });

  test.each([
    [whole, '4.5'],
    [whole, ''],
    [whole, 2.5],
    [{ kind: 'decimal', precision: null, scale: null }, 'abc'],
    [{ kind: 'boolean' }, '2'],
    [{ kind: 'date' }, '2018-01-05 12:00:00'],
    [stamp, 'yesterday'],
    [stamp, '2017-10-16 09:00:00+09:00'],
    [text, 'half \ud83d'],
    [{ kind: 'bits', length: 3 }, '012'],
  ] as [NeutralType, string | number][])('%o of %s: the row is dirty', (type, value) => {
    expect(() => castTo(type, 'Asia/Shanghai')(value)).toThrow();
  });
});
