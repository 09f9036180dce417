import type { ComparedSide } from './compared-side.ts';

type Kind = ComparedSide['kind'];
type Random = () => number;

/** A type of columns: how each kind of database spells it, and how a value is drawn, as SQL of both kinds. */
interface ColumnType {
  readonly ddl: Readonly<Record<Kind, string>>;
  draw(random: Random): Readonly<Record<Kind, string>>;
}

const both = (sql: string): Readonly<Record<Kind, string>> => ({ postgres: sql, mysql: sql });
const spelled = (
  postgres: string,
  mysql: string,
  draw: (random: Random) => string | Readonly<Record<Kind, string>>,
): ColumnType => ({
  ddl: { postgres, mysql },
  draw: (random) => {
    const drawn = draw(random);
    return typeof drawn === 'string' ? both(drawn) : drawn;
  },
});
const pick = <T>(random: Random, from: readonly [T, ...T[]]): T =>
  from[Math.floor(random() * from.length)] ?? from[0];
const whole = (random: Random, min: number, max: number): number =>
  Math.floor(random() * (max - min + 1)) + min;
const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** Letters of one to four bytes, blanks, and what canonical texts are made of. */
const letters = [...'aAzZ09 ~|:-_éßñ中文数😀🚀'] as [string, ...string[]];
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
function drawText(random: Random, lengthMax: number, mayEndBlank = true): string {
  const text = Array.from({ length: whole(random, 0, lengthMax) }, () => pick(random, letters)).join('');
  return mayEndBlank ? text : text.trimEnd();
}

function drawBytes(random: Random): Readonly<Record<Kind, string>> {
  const hex = Array.from({ length: whole(random, 0, 40) }, () => pad(whole(random, 0, 255), 3))
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('');
  return { postgres: `'\\x${hex}'::bytea`, mysql: `X'${hex}'` };
}

/** Any finite double that both servers read back from its shortest text. */
function drawDouble(random: Random): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, Math.floor(random() * 2 ** 32));
  bits.setUint32(4, Math.floor(random() * 2 ** 32));
  const value = random() < 0.5 ? bits.getFloat64(0) : whole(random, -(10 ** 15), 10 ** 15) * 1_237;
  if (!Number.isFinite(value) || (value !== 0 && Math.abs(value) < 1e-300)) return '0.1';
  return `${value}`.includes('e') ? String(value) : `${value}e0`;
}

function drawSingle(random: Random): string {
  const value = Math.fround((random() - 0.5) * 10 ** whole(random, -30, 30));
  return `${value}`.includes('e') ? String(value) : `${value}e0`;
}

const drawDay = (random: Random) =>
  `${pad(whole(random, 1000, 9999), 4)}-${pad(whole(random, 1, 12), 2)}-${pad(whole(random, 1, 28), 2)}`;
const drawClock = (random: Random, digits: number) => {
  const clock = [23, 59, 59].map((max) => pad(whole(random, 0, max), 2)).join(':');
  const fraction = random() < 0.3 ? 0 : whole(random, 0, 10 ** digits - 1);
  return digits === 0 ? clock : `${clock}.${pad(fraction, digits)}`;
};
const drawUuid = (random: Random) =>
  [8, 4, 4, 4, 12]
    .map((digits) => Array.from({ length: digits }, () => whole(random, 0, 15).toString(16)).join(''))
    .join('-');

const types: readonly [ColumnType, ...ColumnType[]] = [
  spelled('boolean', 'TINYINT(1)', (random) => pick(random, ['TRUE', 'FALSE'])),
  spelled('smallint', 'SMALLINT', (random) => String(whole(random, -32_768, 32_767))),
  spelled('integer', 'INT', (random) => String(whole(random, -2_147_483_648, 2_147_483_647))),
  spelled('bigint', 'BIGINT', (random) =>
    String(BigInt(whole(random, -(2 ** 31), 2 ** 31 - 1)) * 4_294_967_291n),
  ),
  spelled(
    'numeric(30,8)',
    'DECIMAL(30,8)',
    (random) =>
      `${whole(random, -(10 ** 12), 10 ** 12)}.${pick(random, ['0', '5', '00000001', '12345670', '10'])}`,
  ),
  spelled('numeric(24,0)', 'DECIMAL(24,0)', (random) => `${whole(random, -(10 ** 12), 10 ** 12)}00000000`),
  spelled('real', 'FLOAT', drawSingle),
  spelled('double precision', 'DOUBLE', drawDouble),
  spelled('varchar(40)', 'VARCHAR(40)', (random) => quoted(drawText(random, 40))),
  spelled('varchar(2000)', 'VARCHAR(2000)', (random) => quoted(drawText(random, 700))),
  spelled('char(20)', 'CHAR(20)', (random) => quoted(drawText(random, 20, false))),
  spelled('text', 'LONGTEXT', (random) => quoted(drawText(random, 300))),
  spelled('bytea', 'LONGBLOB', drawBytes),
  spelled('date', 'DATE', (random) => `'${drawDay(random)}'`),
  spelled('time(6)', 'TIME(6)', (random) => `'${drawClock(random, 6)}'`),
  spelled('timestamp(6)', 'DATETIME(6)', (random) => `'${drawDay(random)} ${drawClock(random, 6)}'`),
  spelled('timestamp(0)', 'DATETIME', (random) => `'${drawDay(random)} ${drawClock(random, 0)}'`),
  spelled(
    'timestamptz(3)',
    'TIMESTAMP(3) NULL',
    (random) => `'${whole(random, 1971, 2037)}${drawDay(random).slice(4)} ${drawClock(random, 3)}'`,
  ),
  spelled('uuid', 'CHAR(36)', (random) => `'${drawUuid(random)}'`),
  spelled('bit(11)', 'BIT(11)', (random) => `B'${whole(random, 0, 2_047).toString(2).padStart(11, '0')}'`),
  spelled('json', 'JSON', (random) =>
    quoted(`{"b": ${whole(random, 0, 9)},  "a": ["${drawText(random, 5)}", null]}`),
  ),
];

/** Keys of each make; `none` for tables that have none. */
const keys = ['id', 'sparse', 'code', 'pair', 'uuid', 'decimal', 'day', 'none'] as const;

export interface CleanTable {
  readonly name: string;
  readonly columns: number;
  readonly key: (typeof keys)[number];
  create(side: ComparedSide, name: string): Promise<void>;
  fill(side: ComparedSide): Promise<void>;
}

/** A table of random columns and rows. The same random numbers make the same table at every side. */
export function cleanTable(no: number, rows: number, random: Random): CleanTable {
  const key = keys[no % keys.length] ?? 'id';
  const chosen = [
    // Each type comes in turn, and others by chance.
    ...Array.from({ length: 3 }, (_, i) => types[(no * 3 + i) % types.length] ?? types[0]),
    ...Array.from({ length: whole(random, 1, 9) }, () => pick(random, types)),
  ];
  const lines: Record<Kind, string[]> = { postgres: [], mysql: [] };
  for (let row = 1; row <= rows; row++) {
    const cells = [keyValues(row, random), ...chosen.map((type) => [drawOrNull(type, random)])].flat();
    for (const kind of ['postgres', 'mysql'] as const)
      lines[kind].push(`(${cells.map((cell) => cell[kind]).join(', ')})`);
  }
  const name = `clean_${no}`;
  return {
    name,
    columns: chosen.length,
    key,
    async create(side, table) {
      const own = ['id bigint NOT NULL', 'sparse integer NOT NULL', 'code varchar(30) NOT NULL'];
      const uuid = side.kind === 'postgres' ? 'uuid' : 'CHAR(36)';
      own.push(`uid ${uuid} NOT NULL`, 'wide decimal(20,0) NOT NULL', 'day date NOT NULL');
      const columns = chosen.map((type, i) => `c${i} ${type.ddl[side.kind]}`);
      const primary = {
        id: 'id',
        sparse: 'sparse',
        code: 'code',
        pair: 'day, code',
        uuid: 'uid',
        decimal: 'wide',
        day: 'day, id',
        none: null,
      }[key];
      const last = primary === null ? [] : [`PRIMARY KEY (${primary})`];
      await side.sql(`CREATE TABLE ${table} (${[...own, ...columns, ...last].join(', ')})`);
    },
    async fill(side) {
      for (let first = 0; first < rows; first += 200)
        await side.sql(`INSERT INTO ${name} VALUES ${lines[side.kind].slice(first, first + 200).join(', ')}`);
      await side.sql(`${side.kind === 'postgres' ? 'ANALYZE' : 'ANALYZE TABLE'} ${name}`);
    },
  };
}

function keyValues(row: number, random: Random): readonly Readonly<Record<Kind, string>>[] {
  const sparse = (row % 2 === 0 ? 1 : -1) * row * 1_009;
  const code = `${row % 2 === 0 ? 'b' : 'A'}${row % 3 === 0 ? 'é' : '-'}${row}`;
  return [
    both(String(row)),
    both(String(sparse)),
    both(`'${code}'`),
    both(`'${drawUuid(random)}'`),
    both(`${row}0000000000000`),
    both(`'2020-01-${pad((row % 28) + 1, 2)}'`),
  ];
}

function drawOrNull(type: ColumnType, random: Random): Readonly<Record<Kind, string>> {
  return random() < 0.1 ? both('NULL') : type.draw(random);
}
