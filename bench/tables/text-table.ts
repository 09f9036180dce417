import { type BenchColumn, type BenchTable, mixed } from './bench-table.ts';
import type { Dialect } from './dialect.ts';

const PHRASES = [
  'furiously even deposits wake',
  'carefully final requests',
  'special packages nag above the theodolites',
  'slyly regular accounts',
  'pending foxes',
  'bold pinto beans detect',
  'quick instructions cajole blithely',
  'express ideas',
  'ironic dependencies sleep along the courts',
  'silent dolphins',
  'excuses',
];

/** What careless copying breaks: separators, ends of lines, quotes, escapes, and characters of 2, 3 and 4 bytes. */
const PIECES = [
  ' ',
  '\t',
  ' ',
  '\n',
  ' "quoted" ',
  ' ',
  " it's ",
  ' C:\\temp\\',
  ' ',
  ', ',
  '\r\n',
  ' naïve café ',
  ' ',
  ' 数据迁移 ',
  ' Привет мир ',
  ' ',
  ' 🚀🎉 ',
  ' Ωμέγα ',
  ' שלום ',
  ' ',
  ' 日本語テキスト ',
  ' 𝔘𝔫𝔦 ',
  ' \\N ',
];

function dirtyColumn(name: string, salt: number): BenchColumn {
  const value = (d: Dialect) => {
    const text = d.concat(
      d.pick(PHRASES, mixed(salt)),
      d.pick(PIECES, mixed(salt + 1)),
      d.pick(PHRASES, mixed(salt + 2)),
      d.pick(PIECES, mixed(salt + 3)),
      d.pick(PHRASES, mixed(salt + 4)),
    );
    const turn = mixed(salt + 5);
    return `CASE WHEN ${turn} % 12 = 0 THEN NULL WHEN ${turn} % 20 = 1 THEN '' ELSE ${text} END`;
  };
  return { name, kind: 'text', isNullable: true, value };
}

export const textTable: BenchTable = {
  name: 't3',
  title: 'text: 8 columns; tabs, ends of lines, quotes, backslashes, Unicode, empty texts and NULLs',
  rows: 1_000_000,
  key: ['id'],
  hasCarriageReturns: true,
  columns: [
    { name: 'id', kind: 'bigint', isNullable: false, value: () => '(n + 1)' },
    { name: 'grp', kind: 'integer', isNullable: false, value: () => `(${mixed(2_000)} % 1000000 + 1)` },
    {
      name: 'ts',
      kind: 'timestamp',
      isNullable: false,
      value: (d) => d.timestamp('1992-01-01', `(${mixed(2_001)} % 220924800)`),
    },
    dirtyColumn('a', 2_100),
    dirtyColumn('b', 2_200),
    dirtyColumn('c', 2_300),
    dirtyColumn('d', 2_400),
    {
      name: 'j',
      kind: 'text',
      isNullable: true,
      value: (d) =>
        `CASE WHEN ${mixed(2_500)} % 10 = 0 THEN NULL ELSE ${d.concat(
          d.text('{"s":"'),
          d.pick(PHRASES, mixed(2_501)),
          d.text('","p":"a\\tb","w":"'),
          d.pick(PHRASES, mixed(2_502)),
          d.text('"}'),
        )} END`,
    },
  ],
};
