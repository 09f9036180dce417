/** Numbers from 0 to below 1. */
export type Random = () => number;

/** How the two databases' texts of a value are compared. */
export type Comparison =
  /** Letter by letter. */
  | 'text'
  /** As IEEE numbers: the databases write exponents differently, the number is the same one. */
  | 'number'
  /** Without zeros at the end of a fraction of a second. */
  | 'fraction'
  /** As JSON values: one database keeps the text, the other a tree. */
  | 'json';

/** One column of the proof: made at random, printed by each database in its own SQL. */
export interface RandomColumn {
  readonly mysqlType: string;
  readonly postgresType: string;
  /** A random value as a literal of MySQL's SQL; never NULL. */
  literal(): string;
  /** What prints it, around the column's name. */
  readonly mysqlText: (name: string) => string;
  readonly postgresText: (name: string) => string;
  readonly comparison: Comparison;
}

const asText = (name: string) => `CAST(${name} AS CHAR CHARACTER SET utf8mb4)`;
const asHex = (name: string) => `HEX(CONVERT(${name} USING utf8mb4))`;
const pgText = (name: string) => `${name}::text`;
const pgHex = (name: string) => `upper(encode(convert_to(${name}::text, 'UTF8'), 'hex'))`;
const truth = (name: string, yes: string, no: string) =>
  `IF(${name} IS NULL, NULL, IF(${name} <> 0, '${yes}', '${no}'))`;

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick<T>(random: Random, of: readonly T[]): T {
  return of[below(random, of.length)] as T;
}

function randomBits(random: Random, bits: number): bigint {
  let value = 0n;
  for (let i = 0; i < bits; i += 16) value = (value << 16n) | BigInt(below(random, 0x10000));
  return value & ((1n << BigInt(bits)) - 1n);
}

/** Ends of the range, their neighbours, and everything between, small numbers more often than large ones. */
function randomInteger(random: Random, bits: number, isUnsigned: boolean): bigint {
  const low = isUnsigned ? 0n : -(1n << BigInt(bits - 1));
  const high = isUnsigned ? (1n << BigInt(bits)) - 1n : (1n << BigInt(bits - 1)) - 1n;
  if (random() < 0.2) return pick(random, [low, low + 1n, high, high - 1n, 0n, 1n, isUnsigned ? 1n : -1n]);
  const value = randomBits(random, 1 + below(random, bits));
  return value > high ? value - (1n << BigInt(bits)) : random() < 0.5 && !isUnsigned ? -value : value;
}

const integerSizes = [
  ['TINYINT', 8],
  ['SMALLINT', 16],
  ['MEDIUMINT', 24],
  ['INT', 32],
  ['BIGINT', 64],
] as const;

function integerColumn(random: Random): RandomColumn {
  const [name, bits] = pick(random, integerSizes);
  const isUnsigned = random() < 0.5;
  const isZerofill = isUnsigned && random() < 0.15;
  const signedBits = isUnsigned ? bits + 1 : bits;
  const targets = ['numeric', 'numeric(25,0)'];
  // Of 64 bits not every number is a double: those go as rows.
  if (bits <= 32) targets.push('double precision');
  if (signedBits <= 16) targets.push('smallint', 'smallint');
  if (signedBits <= 32) targets.push('integer', 'integer');
  if (signedBits <= 64) targets.push('bigint', 'bigint', 'bigint');
  if (!isZerofill) targets.push('text', 'character varying(30)');
  const postgresType = pick(random, targets);
  return {
    mysqlType: `${name}${isZerofill ? ' ZEROFILL' : isUnsigned ? ' UNSIGNED' : ''}`,
    postgresType,
    literal: () => String(randomInteger(random, bits, isUnsigned)),
    mysqlText: (column) => asText(isZerofill ? `(${column} + 0)` : column),
    postgresText: pgText,
    comparison: postgresType === 'double precision' ? 'number' : 'text',
  };
}

function truthColumn(random: Random): RandomColumn {
  const postgresType = pick(random, ['boolean', 'boolean', 'smallint', 'integer', 'bigint']);
  const isBit = random() < 0.5;
  return {
    mysqlType: isBit ? 'BIT(1)' : 'TINYINT(1)',
    postgresType,
    // As a boolean TINYINT(1) has two values, as a number all of them.
    literal: () =>
      isBit
        ? `b'${below(random, 2)}'`
        : String(postgresType === 'boolean' ? below(random, 2) : below(random, 256) - 128),
    mysqlText: (name) =>
      postgresType === 'boolean'
        ? truth(name, 'true', 'false')
        : isBit
          ? truth(name, '1', '0')
          : asText(name),
    postgresText: pgText,
    comparison: 'text',
  };
}

function bitsColumn(random: Random): RandomColumn {
  const length = 2 + below(random, 63);
  return {
    mysqlType: `BIT(${length})`,
    postgresType: pick(random, [`bit(${length})`, `bit varying(${length})`, 'bit varying']),
    literal: () => `b'${randomBits(random, length).toString(2)}'`,
    mysqlText: (name) => `LPAD(BIN(${name} + 0), ${length}, '0')`,
    postgresText: pgText,
    comparison: 'text',
  };
}

function decimalColumn(random: Random): RandomColumn {
  const precision = 1 + below(random, 65);
  const scale = below(random, Math.min(precision, 30) + 1);
  const isZerofill = random() < 0.1;
  const digits = (count: number) =>
    Array.from({ length: count }, () => (random() < 0.4 ? 0 : below(random, 10))).join('');
  return {
    mysqlType: `DECIMAL(${precision},${scale})${isZerofill ? ' ZEROFILL' : ''}`,
    postgresType: pick(random, [
      'numeric',
      `numeric(${precision},${scale})`,
      isZerofill ? 'numeric' : 'text',
    ]),
    literal: () => {
      const whole = digits(below(random, precision - scale + 1));
      const sign = !isZerofill && random() < 0.5 ? '-' : '';
      return `${sign}${whole === '' ? '0' : whole}.${digits(scale) || '0'}`;
    },
    mysqlText: (name) => asText(isZerofill ? `(${name} + 0)` : name),
    postgresText: pgText,
    comparison: 'text',
  };
}

const scratch = new DataView(new ArrayBuffer(8));

/** A finite number of any size, by its bits. */
function randomFloat(random: Random, isWide: boolean): number {
  if (random() < 0.3) return below(random, 2_000_000) / 1_000 - 1_000;
  for (;;) {
    for (let i = 0; i < 8; i++) scratch.setUint8(i, below(random, 256));
    const value = isWide ? scratch.getFloat64(0) : scratch.getFloat32(0);
    // FLOAT and DOUBLE flush the smallest numbers on some servers; -0 becomes 0.
    if (Number.isFinite(value) && (value === 0 || Math.abs(value) > (isWide ? 1e-300 : 1e-35))) return value;
  }
}

function floatColumn(random: Random): RandomColumn {
  const isWide = random() < 0.5;
  return {
    mysqlType: isWide ? 'DOUBLE' : 'FLOAT',
    postgresType: isWide ? 'double precision' : pick(random, ['real', 'double precision']),
    literal: () => randomFloat(random, isWide).toExponential(),
    mysqlText: (name) => asText(`CAST(${name} AS DOUBLE)`),
    postgresText: (name) => `${name}::double precision::text`,
    comparison: 'number',
  };
}

const two = (value: number) => String(value).padStart(2, '0');

function randomDay(random: Random, yearMin: number, yearMax: number): string {
  const year = yearMin + below(random, yearMax - yearMin + 1);
  const month = 1 + below(random, 12);
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const day = random() < 0.2 ? last : 1 + below(random, last);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function randomClock(random: Random, fraction: number): string {
  const clock = [24, 60, 60].map((limit) => two(below(random, limit))).join(':');
  if (fraction === 0) return clock;
  return `${clock}.${String(below(random, 10 ** fraction)).padStart(fraction, '0')}`;
}

function dateColumn(random: Random): RandomColumn {
  const isDate = random() < 0.7;
  return {
    mysqlType: 'DATE',
    postgresType: isDate ? 'date' : 'timestamp without time zone',
    literal: () => `'${randomDay(random, random() < 0.5 ? 1 : 1900, random() < 0.5 ? 9_999 : 2_100)}'`,
    mysqlText: (name) => (isDate ? asText(name) : `CONCAT(${name}, ' 00:00:00')`),
    postgresText: pgText,
    comparison: 'text',
  };
}

function momentColumn(random: Random): RandomColumn {
  const isInstant = random() < 0.4;
  const fraction = pick(random, [0, 0, 1, 3, 6]);
  const postgresType = pick(random, [
    'timestamp without time zone',
    'timestamp(6) without time zone',
    'timestamp with time zone',
  ]);
  return {
    mysqlType: `${isInstant ? 'TIMESTAMP' : 'DATETIME'}${fraction === 0 ? '' : `(${fraction})`} NULL`,
    postgresType,
    literal: () => {
      const day = isInstant ? randomDay(random, 1971, 2037) : randomDay(random, 1, 9_999);
      return `'${day} ${random() < 0.1 ? '00:00:00' : randomClock(random, fraction)}'`;
    },
    mysqlText: asText,
    postgresText: (name) =>
      postgresType.includes('with time') ? `(${name} AT TIME ZONE 'UTC')::text` : pgText(name),
    comparison: 'fraction',
  };
}

function timeColumn(random: Random): RandomColumn {
  const fraction = pick(random, [0, 2, 6]);
  return {
    mysqlType: `TIME${fraction === 0 ? '' : `(${fraction})`}`,
    postgresType: 'time without time zone',
    literal: () => `'${random() < 0.05 ? '24:00:00' : randomClock(random, fraction)}'`,
    mysqlText: asText,
    postgresText: pgText,
    comparison: 'fraction',
  };
}

function yearColumn(random: Random): RandomColumn {
  return {
    mysqlType: 'YEAR',
    postgresType: pick(random, ['smallint', 'integer', 'bigint', 'numeric']),
    literal: () => String(1901 + below(random, 255)),
    mysqlText: (name) => asText(`(${name} + 0)`),
    postgresText: pgText,
    comparison: 'text',
  };
}

const letters = [...`abcXYZ 0189,;'"\\\t\n\r\b\f%_\u001a\u0001\u007f`, ...'éßÜ', ...'中文字ΩД', ...'😀🚀𝔘'];
const latinLetters = [...`abcXYZ 019,;'"\\\t\n`, ...'éßÜ£'];

function randomText(random: Random, lengthMax: number, of: readonly string[]): string {
  const length = random() < 0.1 ? lengthMax : below(random, Math.min(lengthMax, 44) + 1);
  return Array.from({ length }, () => pick(random, of)).join('');
}

function textLiteral(text: string): string {
  return text === '' ? "''" : `CONVERT(X'${Buffer.from(text, 'utf8').toString('hex')}' USING utf8mb4)`;
}

const enumLabels = ['small', "it''s", 'große', '中'];

function textColumn(random: Random): RandomColumn {
  const size = pick(random, [1, 5, 15, 16, 17, 40, 255]);
  const isLatin = random() < 0.2;
  const words = isLatin ? latinLetters : letters;
  const [mysqlType, length] = pick(random, [
    [`CHAR(${Math.min(size, 255)})`, size],
    [`VARCHAR(${size})`, size],
    [`VARCHAR(${size})`, size],
    ['TINYTEXT', 60],
    ['TEXT', 900],
    ['MEDIUMTEXT', 300],
    ['LONGTEXT', 70_000],
  ] as const);
  const isPadded = mysqlType.startsWith('CHAR');
  return {
    mysqlType: `${mysqlType}${isLatin ? ' CHARACTER SET latin1' : ''}`,
    postgresType: pick(random, [
      'text',
      'text',
      // A longer type goes into a shorter one as rows: blanks at the end would be cut.
      length > 1_000 || /TEXT/.test(mysqlType) ? 'character varying' : `character varying(${length})`,
      isPadded ? `character(${length})` : 'text',
    ]),
    // Long texts are seldom really long: they would be all that the proof does.
    literal: () => textLiteral(randomText(random, random() < 0.9 ? Math.min(length, 300) : length, words)),
    mysqlText: asHex,
    postgresText: pgHex,
    comparison: 'text',
  };
}

function choiceColumn(random: Random): RandomColumn {
  const isSet = random() < 0.5;
  const labels = isSet ? ['a', 'b', 'ç', 'd e'] : enumLabels;
  return {
    mysqlType: `${isSet ? 'SET' : 'ENUM'}(${labels.map((label) => `'${label}'`).join(',')})`,
    postgresType: pick(random, ['text', 'character varying(20)']),
    literal: () =>
      isSet ? `'${labels.filter(() => random() < 0.5).join(',')}'` : `'${pick(random, labels)}'`,
    mysqlText: asHex,
    postgresText: pgHex,
    comparison: 'text',
  };
}

function binaryColumn(random: Random): RandomColumn {
  const size = pick(random, [1, 8, 16, 33, 250]);
  const mysqlType = pick(random, [`BINARY(${size})`, `VARBINARY(${size})`, 'BLOB', 'LONGBLOB']);
  return {
    mysqlType,
    postgresType: 'bytea',
    literal: () => {
      const length = random() < 0.1 ? size : below(random, size + 1);
      const bytes = Buffer.from(Array.from({ length }, () => below(random, 256)));
      return `X'${bytes.toString('hex')}'`;
    },
    mysqlText: (name) => `HEX(${name})`,
    postgresText: (name) => `upper(encode(${name}, 'hex'))`,
    comparison: 'text',
  };
}

function jsonColumn(random: Random): RandomColumn {
  const postgresType = pick(random, ['json', 'jsonb', 'jsonb', 'text']);
  return {
    mysqlType: 'JSON',
    postgresType,
    literal: () => {
      const value = pick<unknown>(random, [
        null,
        [],
        { n: below(random, 1_000_000) / 8, s: randomText(random, 30, letters) },
        randomText(random, 40, letters),
        [true, below(random, 100), { deep: [randomText(random, 10, letters)] }],
      ]);
      return textLiteral(JSON.stringify(value));
    },
    mysqlText: asHex,
    postgresText: pgHex,
    comparison: postgresType === 'jsonb' ? 'json' : 'text',
  };
}

function uuidColumn(random: Random): RandomColumn {
  return {
    mysqlType: 'UUID',
    postgresType: pick(random, ['uuid', 'uuid', 'text']),
    literal: () => {
      const hex = randomBits(random, 128).toString(16).padStart(32, '0');
      // The server takes only what looks like one of the standard's versions.
      return `'${hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-a$4-')}'`;
    },
    mysqlText: asText,
    postgresText: pgText,
    comparison: 'text',
  };
}

function oddColumn(random: Random): RandomColumn {
  const [mysqlType, literal, mysqlText] = pick(random, [
    ['INET6', () => `'2001:db8::${below(random, 0xffff).toString(16)}'`, asText],
    [
      'POINT',
      () => `POINT(${below(random, 1_000) / 8}, ${-below(random, 1_000) / 4})`,
      (name: string) => `ST_AsText(${name})`,
    ],
  ] as const);
  return { mysqlType, postgresType: 'text', literal, mysqlText, postgresText: pgText, comparison: 'text' };
}

/** Kinds by how often they come. */
const makers = [
  integerColumn,
  integerColumn,
  integerColumn,
  truthColumn,
  bitsColumn,
  decimalColumn,
  decimalColumn,
  floatColumn,
  dateColumn,
  momentColumn,
  momentColumn,
  timeColumn,
  yearColumn,
  textColumn,
  textColumn,
  textColumn,
  choiceColumn,
  binaryColumn,
  jsonColumn,
  uuidColumn,
  oddColumn,
];

export function randomColumn(random: Random): RandomColumn {
  return pick(random, makers)(random);
}

/** Are the texts of the two databases the same value? */
export function isSame(comparison: Comparison, mysql: string | null, postgres: string | null): boolean {
  if (mysql === null || postgres === null) return mysql === postgres;
  switch (comparison) {
    case 'text':
      return mysql === postgres;
    case 'number':
      return Number(mysql) === Number(postgres);
    case 'fraction':
      return withoutZeros(mysql) === withoutZeros(postgres);
    case 'json':
      return canonical(mysql) === canonical(postgres);
  }
}

function withoutZeros(text: string): string {
  return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
}

/** JSON from its bytes in hexadecimal, members in the order of their names. */
function canonical(hex: string): string {
  const value: unknown = JSON.parse(Buffer.from(hex, 'hex').toString('utf8'));
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
