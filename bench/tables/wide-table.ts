import { type BenchColumn, type BenchTable, type ColumnKind, exactDouble, mixed } from './bench-table.ts';
import type { Dialect } from './dialect.ts';

const WORDS =
  'furiously quickly carefully blithely slyly even final special pending regular express ironic bold deposits'.split(
    ' ',
  );
const PHRASES = [
  'accounts among the packages',
  'requests',
  'theodolites haggle above the platelets',
  'instructions',
  'foxes detect along the ideas',
  'pinto beans',
  'dependencies nag furiously',
  'excuses cajole beneath the asymptotes and the courts',
  'dolphins',
  'multipliers against the sauternes',
  'warthogs',
];

/** Columns `name1` to `nameN`, each with a salt of its own. */
function series(
  count: number,
  name: string,
  kind: ColumnKind,
  firstSalt: number,
  value: (dialect: Dialect, salt: number) => string,
  /** Every so-many-th value is NULL; 0: none. */
  nullEvery = 0,
  lengthMax?: number,
): BenchColumn[] {
  return Array.from({ length: count }, (_none, index) => {
    // A column may take several numbers: its salts are at least 5 apart from its neighbour's.
    const salt = firstSalt + index * 5;
    return {
      name: `${name}${index + 1}`,
      kind,
      isNullable: nullEvery > 0,
      value: (dialect) => {
        const inner = value(dialect, salt);
        return nullEvery > 0
          ? `CASE WHEN ${mixed(salt + 4)} % ${nullEvery} = 0 THEN NULL ELSE ${inner} END`
          : inner;
      },
      ...(lengthMax === undefined ? {} : { lengthMax }),
    };
  });
}

/** One hundred columns of mixed kinds, as the vendor's published performance figures have them. */
export const wideTable: BenchTable = {
  name: 't2',
  title: 'wide: 100 columns of mixed kinds, one in twenty NULL where it may be',
  rows: 250_000,
  key: ['id'],
  hasCarriageReturns: false,
  columns: [
    { name: 'id', kind: 'bigint', isNullable: false, value: () => '(n + 1)' },
    ...series(20, 'i', 'integer', 100, (_d, salt) => mixed(salt), 20),
    ...series(15, 'b', 'bigint', 300, (_d, salt) => `(${mixed(salt)} * 65536 + ${mixed(salt + 1)} % 65536)`),
    ...series(15, 'n', 'decimal', 500, (_d, salt) => `(${mixed(salt)} % 100000000 / 100.0)`),
    ...series(10, 'f', 'double', 700, (d, salt) => exactDouble(d, mixed(salt))),
    ...series(10, 'd', 'date', 900, (d, salt) => d.date('1992-01-01', `(${mixed(salt)} % 2557)`), 20),
    ...series(10, 'ts', 'timestamp', 1_100, (d, salt) =>
      d.timestamp('1992-01-01', `(${mixed(salt)} % 220924800)`),
    ),
    ...series(
      10,
      'v',
      'text',
      1_300,
      (d, salt) => d.concat(d.pick(WORDS, mixed(salt)), d.text(' '), d.pick(WORDS, mixed(salt + 1))),
      10,
      40,
    ),
    ...series(5, 'x', 'text', 1_500, (d, salt) =>
      d.concat(d.pick(WORDS, mixed(salt)), d.text(' '), d.pick(PHRASES, mixed(salt + 1))),
    ),
    ...series(4, 's', 'smallint', 1_700, (_d, salt) => `(${mixed(salt)} % 2)`),
  ],
};
