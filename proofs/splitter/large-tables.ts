import type { System } from './random-tables.ts';

/** A table large enough to be cut by estimates and samples, skewed in one way. */
export interface LargeTable {
  readonly what: string;
  readonly statements: readonly string[];
  readonly jobOptions: Readonly<Record<string, string>>;
  readonly selected: string;
  readonly extractors: number;
}

/** The same skewed tables in both systems, indexed by what they are cut over. */
export function largeTables(system: System, rows: number): readonly LargeTable[] {
  const isPg = system === 'PostgreSQL';
  const numbers = isPg ? `generate_series(1, ${rows}) AS n(seq)` : `seq_1_to_${rows} AS n`;
  const text = (expression: string) => (isPg ? `md5((${expression})::text)` : `MD5(${expression})`);
  const whole = (expression: string) => (isPg ? `(${expression})::bigint` : `CAST(${expression} AS SIGNED)`);
  const filler = "repeat('x', 120)";
  const make = (
    what: string,
    columns: string,
    select: string,
    column: string | null,
    where: string | null = null,
    index: string | null = null,
  ): LargeTable => ({
    what,
    statements: [
      'DROP TABLE IF EXISTS large',
      `CREATE TABLE large (${columns}, filler varchar(200))`,
      `INSERT INTO large SELECT ${select}, ${filler} FROM ${numbers}`,
      ...(index === null ? [] : [`CREATE INDEX large_index ON large (${index})`]),
      isPg ? 'ANALYZE large' : 'ANALYZE TABLE large',
    ],
    jobOptions: {
      ...(column === null ? {} : { 'fromJobConfig.partitionColumn': column }),
      ...(where === null ? {} : { 'fromJobConfig.whereClause': where }),
    },
    selected: where ?? '1 = 1',
    extractors: 8,
  });
  const cubic = whole('power(seq, 3) / 1000 + seq');
  return [
    make('gaps that grow', 'seq bigint, id bigint PRIMARY KEY', `seq, ${cubic}`, 'id'),
    make(
      'one value in three of four rows',
      'seq bigint PRIMARY KEY, g int NOT NULL',
      `seq, CASE WHEN seq % 4 = 0 THEN seq ELSE 7 END`,
      'g',
      null,
      'g',
    ),
    make(
      'a condition that keeps one end',
      'seq bigint, id bigint PRIMARY KEY',
      `seq, ${cubic}`,
      'id',
      `seq > ${Math.floor(rows * 0.7)}`,
    ),
    make('texts', `seq bigint, id varchar(40) PRIMARY KEY`, `seq, ${text('seq')}`, 'id'),
    make(
      'a key of two columns',
      'seq bigint, a int, b int, PRIMARY KEY (a, b)',
      `seq, CASE WHEN seq % 3 = 0 THEN seq ELSE 0 END, seq`,
      'a',
    ),
    ...(isPg
      ? []
      : [
          make(
            'no column named',
            'seq bigint, a varchar(10), b int, PRIMARY KEY (a, b)',
            `seq, CONCAT('k', seq % 5), seq`,
            null,
          ),
        ]),
  ];
}
