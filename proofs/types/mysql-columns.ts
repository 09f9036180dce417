import type { TorturedColumn } from './columns.ts';
import { treacherousTexts } from './postgres-columns.ts';

const q = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Values of MariaDB and MySQL, by column. */
export const mysqlColumns: readonly TorturedColumn[] = [
  { type: 'TINYINT(1)', family: 'boolean', values: ['0', '1', '2', '-1', '127', '-128'] },
  { type: 'TINYINT', family: 'integer', values: ['-128', '0', '1', '127'] },
  { type: 'TINYINT UNSIGNED', family: 'integer', values: ['0', '1', '255'] },
  { type: 'SMALLINT', family: 'integer', values: ['-32768', '24', '32767'] },
  { type: 'SMALLINT UNSIGNED', family: 'integer', values: ['0', '65535'] },
  { type: 'MEDIUMINT', family: 'integer', values: ['-8388608', '8388607'] },
  { type: 'INT', family: 'integer', values: ['-2147483648', '0', '1', '2024', '16777217', '2147483647'] },
  { type: 'INT UNSIGNED', family: 'integer', values: ['0', '2147483648', '4294967295'] },
  { type: 'INT(6) UNSIGNED ZEROFILL', family: 'integer', values: ['42', '0'] },
  {
    type: 'BIGINT',
    family: 'integer',
    values: ['-9223372036854775808', '9007199254740993', '9223372036854775807'],
  },
  {
    type: 'BIGINT UNSIGNED',
    family: 'integer',
    values: ['0', '9223372036854775808', '18446744073709551615'],
  },
  { type: 'YEAR', family: 'integer', values: ['1901', '2024', '2155', '0'] },
  {
    type: 'DECIMAL(10,2)',
    family: 'decimal',
    values: ['99999999.99', '-99999999.99', '0.01', '2.00', '24.00'],
  },
  {
    type: 'DECIMAL(65,30)',
    family: 'decimal',
    values: [
      '99999999999999999999999999999999999.999999999999999999999999999999',
      '-0.000000000000000000000000000001',
      '0',
      '1.1',
    ],
  },
  {
    type: 'DECIMAL(20,0)',
    family: 'decimal',
    values: ['18446744073709551615', '-99999999999999999999', '7'],
  },
  { type: 'DECIMAL(8,3) ZEROFILL', family: 'decimal', values: ['1.5', '0'] },
  {
    type: 'FLOAT',
    family: 'single',
    values: ['0', '-0e0', '0.1', '1.5', '16777216', '3.4028234e38', '1.1754944e-38', '1e-45'],
  },
  {
    type: 'DOUBLE',
    family: 'double',
    values: [
      '0',
      '-0e0',
      '0.1',
      '0.30000000000000004e0',
      '3',
      '9007199254740993',
      '1e15',
      '1e21',
      '1.7976931348623157e308',
      '5e-324',
      '0.123456789e0',
    ],
  },
  { type: 'DOUBLE(10,2)', family: 'double', values: ['1.25', '-99999999.99'] },
  { type: 'BIT(1)', family: 'boolean', values: ["b'0'", "b'1'"] },
  { type: 'BIT(8)', family: 'bits', values: ["b'0'", "b'101'", "b'11111111'"] },
  { type: 'BIT(64)', family: 'bits', values: ["b'1'", `b'${'1'.repeat(64)}'`] },
  {
    type: 'DATE',
    family: 'date',
    values: [
      "'2024-02-29'",
      "'0001-01-01'",
      "'1000-01-01'",
      "'9999-12-31'",
      "'1582-10-10'",
      "'0000-00-00'",
      "'2024-00-10'",
      "'2024-02-00'",
      "'0000-02-28'",
    ],
  },
  {
    type: 'TIME',
    family: 'time',
    values: [
      "'00:00:00'",
      "'23:59:59'",
      "'24:00:00'",
      "'24:00:01'",
      "'838:59:59'",
      "'-00:00:01'",
      "'-838:59:59'",
    ],
  },
  {
    type: 'TIME(6)',
    family: 'time',
    values: ["'12:34:56.789012'", "'12:34:56.500000'", "'-00:00:00.000001'"],
  },
  {
    type: 'DATETIME',
    family: 'timestamp',
    values: [
      "'2024-02-29 12:34:56'",
      "'0001-01-01 00:00:00'",
      "'9999-12-31 23:59:59'",
      "'0000-00-00 00:00:00'",
      "'2024-02-29 00:00:00'",
    ],
  },
  {
    type: 'DATETIME(6)',
    family: 'timestamp',
    values: [
      "'2024-02-29 12:34:56.789012'",
      "'9999-12-31 23:59:59.999999'",
      "'2024-02-29 12:34:56.500000'",
      "'1970-01-01 00:00:00'",
    ],
  },
  {
    type: 'TIMESTAMP(6) NULL',
    family: 'timestamp',
    values: [
      "'1970-01-01 00:00:01'",
      "'2038-01-19 03:14:07.999999'",
      "'2024-03-31 02:30:00'",
      "'2024-02-29 00:00:00'",
      "'0000-00-00 00:00:00'",
    ],
  },
  { type: 'CHAR(5)', family: 'char', values: ["'ab'", "'abcde'", "''", "'é中😀'", "' x'"] },
  {
    type: 'VARCHAR(20)',
    family: 'text',
    values: ["'short'", "'ends in blanks   '", "'12345678901234567890'", "''", "'nul\\0inside'"],
  },
  { type: 'VARCHAR(20) CHARACTER SET latin1', family: 'text', values: ["'é ü ß'", "'plain'"] },
  {
    type: 'LONGTEXT',
    family: 'text',
    values: [
      ...treacherousTexts.map(q),
      "'tab\\tnl\\ncr\\rsub\\Z'",
      "'nul\\0'",
      "REPEAT('x', 70)",
      "REPEAT('y ', 150)",
    ],
  },
  { type: 'TINYTEXT', family: 'text', values: ["'tiny'", "REPEAT('é', 127)"] },
  { type: 'TEXT', family: 'text', values: ["'text'", "REPEAT('中', 21845)"] },
  { type: 'MEDIUMTEXT', family: 'text', values: ["'medium'"] },
  { type: "ENUM('a','A b','1','größe')", family: 'text', values: ["'a'", "'A b'", "'1'", "'größe'"] },
  { type: "SET('a','b','c')", family: 'text', values: ["'a'", "'a,c'", "''", "'c,b,a'"] },
  { type: 'BINARY(4)', family: 'bytes', values: ["X'DEADBEEF'", "X'00'", "X'61626364'"] },
  {
    type: 'VARBINARY(20)',
    family: 'bytes',
    values: ["X''", "X'00FF275C0A0D1A'", "X'61622020'", "X'C3A9'", "X'DEADBEEF'"],
  },
  { type: 'LONGBLOB', family: 'bytes', values: ["X'00'", "REPEAT(X'00015C27', 200)"] },
  {
    type: 'JSON',
    family: 'json',
    values: [
      q('{"b": 1.10, "a": [1e2, "é😀\\n"], "b": 2}'),
      "'null'",
      q('"x"'),
      q('12345678901234567890'),
      q('1.00000000000000000001'),
      q('{"u": "\\u0000"}'),
    ],
  },
  { type: 'POINT', family: 'other', values: ['POINT(1.5, -2.25)', 'POINT(0, 0)'] },
];

/** Types that only MariaDB has. */
export const mariadbColumns: readonly TorturedColumn[] = [
  ...mysqlColumns,
  {
    type: 'UUID',
    family: 'uuid',
    values: ["'6f9619ff-8b86-d011-b42d-00c04fc964ff'", "'00000000-0000-0000-0000-000000000000'"],
  },
  { type: 'INET6', family: 'other', values: ["'2001:db8::1'", "'::ffff:10.0.0.1'"] },
];
