import { type BenchColumn, type BenchTable, type ColumnKind, mixed } from './bench-table.ts';
import type { Dialect } from './dialect.ts';

const INSTRUCTIONS = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'];
const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'];
const BEGINNINGS = [
  'carefully final',
  'furiously even',
  'quickly express',
  'blithely ironic',
  'slyly',
  'bold',
];
const ENDS = [
  ' deposits',
  ' requests sleep',
  ' packages',
  ' theodolites wake',
  ' pinto beans',
  ' foxes',
  ' asymptotes',
];

const ship = `(${mixed(8)} % 2526)`;

function column(
  name: string,
  kind: ColumnKind,
  value: (dialect: Dialect) => string,
  lengthMax?: number,
): BenchColumn {
  return { name, kind, isNullable: false, value, ...(lengthMax === undefined ? {} : { lengthMax }) };
}

/** Shaped like `lineitem` of TPC-H: four lines to an order. */
export const narrowTable: BenchTable = {
  name: 't1',
  title: 'narrow: 16 columns, shaped like lineitem of TPC-H',
  rows: 4_000_000,
  key: ['l_orderkey', 'l_linenumber'],
  hasCarriageReturns: false,
  columns: [
    // From number and number % 4 without a fraction: MariaDB's `/` makes one.
    column('l_orderkey', 'bigint', () => '((n - n % 4) / 4 + 1)'),
    column('l_partkey', 'integer', () => `(${mixed(1)} % 200000 + 1)`),
    column('l_suppkey', 'integer', () => `(${mixed(2)} % 10000 + 1)`),
    column('l_linenumber', 'integer', () => '(n % 4 + 1)'),
    column('l_quantity', 'decimal', () => `(${mixed(3)} % 50 + 1)`),
    column(
      'l_extendedprice',
      'decimal',
      () => `((${mixed(3)} % 50 + 1) * (90000 + ${mixed(4)} % 110001) / 100.0)`,
    ),
    column('l_discount', 'decimal', () => `(${mixed(5)} % 11 / 100.0)`),
    column('l_tax', 'decimal', () => `(${mixed(6)} % 9 / 100.0)`),
    column('l_returnflag', 'text', (d) => d.pick(['A', 'N', 'R'], mixed(7)), 1),
    column('l_linestatus', 'text', (d) => d.pick(['F', 'O'], mixed(9)), 1),
    column('l_shipdate', 'date', (d) => d.date('1992-01-02', ship)),
    column('l_commitdate', 'date', (d) => d.date('1992-01-02', `(${ship} + ${mixed(10)} % 60)`)),
    column('l_receiptdate', 'date', (d) => d.date('1992-01-02', `(${ship} + 1 + ${mixed(11)} % 30)`)),
    column('l_shipinstruct', 'text', (d) => d.pick(INSTRUCTIONS, mixed(12)), 25),
    column('l_shipmode', 'text', (d) => d.pick(MODES, mixed(13)), 10),
    column('l_comment', 'text', (d) => d.concat(d.pick(BEGINNINGS, mixed(14)), d.pick(ENDS, mixed(15))), 44),
  ],
};
