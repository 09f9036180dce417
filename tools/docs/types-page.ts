import type { NeutralType } from '@sluice/core/data/column';
import { lossEffectOf, lossKinds, lossKindText } from '@sluice/core/data/loss';
import type { Language, Text } from '@sluice/core/data/text';
import { createdTypeOf } from '../../packages/connectors/src/mysql/ddl.ts';
import * as mysql from '../../packages/connectors/src/mysql/types.ts';
import * as postgres from '../../packages/connectors/src/postgres/types.ts';
import * as sqlServer from '../../packages/connectors/src/sqlserver/types.ts';
import { code, fileText, type Page, pageHead, pagePath, table } from './markdown.ts';

const texts = {
  title: { en: 'Types', zh: '数据类型' },
  intro: {
    en: 'Between two databases every column has a neutral kind. A connector has one table from its own types to the kinds and one back, for tables that a job creates; both are below as the code has them. A type of PostgreSQL is created there as it is, and so is one whose spelling only MySQL and MariaDB have. A value arrives identical, by the definitions below, or its row is refused with a reason; what is refused or converted is said in the plan of the run. [Type torture](type-torture.md) shows it value by value.',
    zh: '在两个数据库之间，每个字段都有一个中立类型。每个连接器各有两张表：从自有类型到中立类型，以及自动建表时从中立类型到自有类型；下面的内容直接取自代码。PostgreSQL 的类型在 PostgreSQL 中原样创建，仅 MySQL 与 MariaDB 才有的写法也原样创建。每个值要么按下述定义一致地到达，要么其所在行带原因被拒绝；哪些会被拒绝或转换在运行计划中说明。逐值结果见[数据类型边界值实测](type-torture.zh-CN.md)。',
  },
  kinds: { en: 'What identical means', zh: '“一致”的定义' },
  kindHead: { en: ['kind', 'a value is the same when'], zh: ['中立类型', '判定一致的条件'] },
  native: { en: 'Types of', zh: '类型对应：' },
  nativeHead: {
    en: ['type', 'kind', 'created in PostgreSQL as', 'created in MySQL and MariaDB as'],
    zh: ['类型', '中立类型', '在 PostgreSQL 中建为', '在 MySQL/MariaDB 中建为'],
  },
  sqlServerHead: {
    en: [
      'type',
      'kind',
      'created in PostgreSQL as',
      'created in MySQL and MariaDB as',
      'created in SQL Server as',
    ],
    zh: ['类型', '中立类型', '在 PostgreSQL 中建为', '在 MySQL/MariaDB 中建为', '在 SQL Server 中建为'],
  },
  sqlServer: {
    en: 'Other types of SQL Server (SQL_VARIANT, those of users’ assemblies) are refused. Columns of the other databases are created in SQL Server by their kind, as above; JSON and kinds without a type of their own become NVARCHAR(MAX).',
    zh: 'SQL Server 的其他类型（SQL_VARIANT、用户程序集类型）不支持。其他数据库的字段在 SQL Server 中按上表的中立类型创建；JSON 及没有对应类型的字段建为 NVARCHAR(MAX)。',
  },
  others: {
    en: 'Every other type is of the kind `other`: it travels as its text.',
    zh: '其余类型均为 `other`，按文本传输。',
  },
  tinyint: {
    en: '`TINYINT(1)` is read as `boolean`, and a LONGTEXT with the check that MariaDB makes for JSON as `json`. With the connection property `tinyInt1isBit=false` (or `mysql.bool.type.transform=false`) `TINYINT(1)` is a number. Of one read as a boolean, numbers other than 0 and 1 stay themselves in numeric columns and are refused for boolean ones.',
    zh: '`TINYINT(1)` 读为 `boolean`；带有 MariaDB JSON 检查约束的 LONGTEXT 读为 `json`。连接属性 `tinyInt1isBit=false`（或 `mysql.bool.type.transform=false`）使 `TINYINT(1)` 按数值读取。读为布尔时，0 和 1 以外的数值写入数值字段保持原值，写入布尔字段则被拒绝。',
  },
  created: {
    en: 'A created table has the columns in the order of the mapping and the source’s primary key, where the destination can have it; NOT NULL and longer texts where the job says so; no other index. A row of MySQL has 65,535 bytes: the longest texts beyond that become LONGTEXT, and the plan says so. A table has at most 1,600 columns in PostgreSQL and 1,017 in InnoDB.',
    zh: '自动创建的表按映射顺序建列，目的端允许时带源表主键；非空约束和加长文本由作业参数决定；不建其他索引。MySQL 的一行最多 65,535 字节，超出时最长的文本字段建为 LONGTEXT，并在计划中说明。PostgreSQL 的表最多 1,600 列，InnoDB 最多 1,017 列。',
  },
  losses: { en: 'What a plan may say', zh: '计划中可能的说明' },
  lossHead: { en: ['kind', 'effect', 'meaning'], zh: ['种类', '效果', '含义'] },
  effects: { refused: { en: 'refused', zh: '拒绝' }, converted: { en: 'converted', zh: '转换' } },
} as const;

/** By kind: when a value at the destination is the one of the source. */
const identical: Readonly<Record<NeutralType['kind'], Text>> = {
  boolean: {
    en: 'both are true or both are false; as a number true is 1, as a text `true`',
    zh: '同为真或同为假；作为数值时真为 1，作为文本时为 `true`',
  },
  integer: { en: 'it is the same number', zh: '数值相等' },
  decimal: {
    en: 'it is the same number: `1.0` is `1.00`, and a zero has no sign',
    zh: '数值相等：`1.0` 即 `1.00`，零不分正负',
  },
  float: {
    en: 'its shortest decimal text that reads back as it, in its own width, is the same number; a number of single precision is also any number that single precision rounds to it; NaN and the infinities are themselves',
    zh: '按自身精度能读回该值的最短十进制文本为同一数值；单精度数等同于任何舍入后为它的数值；NaN 与无穷大只等于自身',
  },
  text: {
    en: 'it has the same characters; blanks that only pad a fixed length do not count',
    zh: '字符相同；仅用于补足定长的空格不计',
  },
  binary: {
    en: 'it has the same bytes; a text as bytes is its UTF-8',
    zh: '字节相同；文本按 UTF-8 转为字节',
  },
  date: { en: 'it is the same day; as a timestamp its midnight', zh: '为同一天；作为时间戳时为当日零点' },
  time: {
    en: 'it is the same microsecond of the day, with the same offset; a time without one is in UTC',
    zh: '为一天中的同一微秒且时差相同；不带时差的按 UTC',
  },
  timestamp: {
    en: 'it is the same microsecond; a timestamp without a zone is in UTC',
    zh: '为同一微秒；不带时区的按 UTC',
  },
  uuid: { en: 'it has the same 16 bytes, however they are spelt', zh: '16 字节相同，书写形式不限' },
  json: {
    en: 'it is the same value: members in any order, of equal names the last, numbers by value',
    zh: '值相同：成员顺序不限，重名取最后一个，数字按数值比较',
  },
  bits: { en: 'it has the same bits in the same number', zh: '位数与各位均相同' },
  other: { en: 'it has the same text', zh: '文本相同' },
};

/** The types of both connectors, what they become, and what may be lost. */
export function typesPage(language: Language): Page {
  const say = (text: Text) => text[language];
  const sources = [
    'packages/connectors/src/postgres/types.ts',
    'packages/connectors/src/mysql/types.ts',
    'packages/connectors/src/sqlserver/types.ts',
    'packages/core/src/data/loss.ts',
  ];
  const lines = [
    ...pageHead(say(texts.title), language, 'types', sources),
    say(texts.intro),
    '',
    `## ${say(texts.kinds)}`,
    '',
    ...table(
      texts.kindHead[language],
      Object.entries(identical).map(([kind, text]) => [code(kind), say(text)]),
    ),
    '',
    `## ${say(texts.native)} PostgreSQL`,
    '',
    ...table(texts.nativeHead[language], postgresRows()),
    '',
    say(texts.others),
    '',
    `## ${say(texts.native)} MySQL, MariaDB`,
    '',
    ...table(texts.nativeHead[language], mysqlRows()),
    '',
    `${say(texts.others)} ${say(texts.tinyint)}`,
    '',
    `## ${say(texts.native)} SQL Server`,
    '',
    ...table(texts.sqlServerHead[language], sqlServerRows()),
    '',
    say(texts.sqlServer),
    '',
    say(texts.created),
    '',
    `## ${say(texts.losses)}`,
    '',
    ...table(
      texts.lossHead[language],
      lossKinds.map((kind) => [
        code(kind),
        say(texts.effects[lossEffectOf(kind)]),
        say(lossKindText(kind)).replaceAll(/\{limit\}/g, '*n*'),
      ]),
    ),
  ];
  return { path: pagePath('types', language), text: fileText(lines) };
}

function postgresRows(): readonly (readonly string[])[] {
  return postgres.typeRows.flatMap(({ examples }) =>
    examples.map((native) => {
      const type = postgres.neutralOf(native);
      return [code(native), inWords(type), code(native), code(createdTypeOf({ native, type }, 1))];
    }),
  );
}

function mysqlRows(): readonly (readonly string[])[] {
  return mysql.typeRows.flatMap(({ dataType, examples }) =>
    examples.map(([columnType, facts]) => {
      const nothing = { characterLengthMax: null, precision: null, scale: null, fraction: null };
      const described = { ...nothing, dataType, columnType, isCheckedJson: false, ...facts };
      const type = mysql.neutralOf(described, true);
      const own = createdTypeOf({ native: columnType, type }, 1);
      return [code(columnType), inWords(type), code(postgres.nativeOf(type, false)), code(own)];
    }),
  );
}

function sqlServerRows(): readonly (readonly string[])[] {
  return sqlServer.typeRows.flatMap(({ examples }) =>
    examples.map((described) => {
      const type = sqlServer.neutralOf(described);
      const native = sqlServer.printedType(described);
      return [
        code(native),
        inWords(type),
        code(postgres.createdTypeOf({ name: '', native, type, isNullable: true, isGenerated: false }, false)),
        code(createdTypeOf({ native, type }, 1)),
        code(sqlServer.createdTypeOf({ native, type }, 1)),
      ];
    }),
  );
}

function inWords(type: NeutralType): string {
  const { kind, ...facts } = type;
  const said = Object.entries(facts)
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => (value === true ? name : `${name} ${value}`));
  return said.length === 0 ? code(kind) : `${code(kind)} (${said.join(', ')})`;
}
