import type { Text } from './text.ts';

/**
 * What a column may lose on its way, as data. A loss is told before a byte moves; whether a value is concerned shows when it
 * comes. `refused`: such a value is not written, its row is refused with a reason. `converted`: every value arrives in
 * another form that says the same by the definitions of the type reference, or says less in a way that is named here.
 */
export const lossEffects = ['refused', 'converted'] as const;
export type LossEffect = (typeof lossEffects)[number];

interface LossWords {
  readonly effect: LossEffect;
  /** `{limit}` stands for the loss's own number, where it has one. */
  readonly text: Text;
}

/** All kinds of losses. */
const words = {
  precision: {
    effect: 'refused',
    text: {
      en: 'numbers with more digits than the destination keeps are refused',
      zh: '有效位数超出目的字段精度的数值将被拒绝',
    },
  },
  scale: {
    effect: 'refused',
    text: {
      en: 'numbers with more than {limit} digits behind the decimal point are refused',
      zh: '小数位数超过 {limit} 位的数值将被拒绝',
    },
  },
  range: {
    effect: 'refused',
    text: { en: 'values out of range are refused', zh: '超出取值范围的值将被拒绝' },
  },
  wholeNumber: {
    effect: 'refused',
    text: { en: 'numbers with a fraction are refused', zh: '带小数部分的数值将被拒绝' },
  },
  length: {
    effect: 'refused',
    text: { en: 'values longer than {limit} are refused', zh: '长度超过 {limit} 的值将被拒绝' },
  },
  trailingBlanks: {
    effect: 'refused',
    text: {
      en: 'texts that end in blanks are refused: the destination takes blanks at the end for padding',
      zh: '以空格结尾的文本将被拒绝：目的端会把结尾空格视为填充',
    },
  },
  padding: {
    effect: 'converted',
    text: {
      en: 'blanks that only pad the value to its length are not kept',
      zh: '仅用于补足长度的填充空格不予保留',
    },
  },
  fixedBytes: {
    effect: 'refused',
    text: {
      en: 'values of other than {limit} bytes are refused: the destination would fill them with zeros',
      zh: '长度不等于 {limit} 字节的值将被拒绝：目的端会以零补足',
    },
  },
  charset: {
    effect: 'refused',
    text: {
      en: 'characters that the character set {limit} does not have are refused',
      zh: '字符集 {limit} 无法表示的字符将被拒绝',
    },
  },
  nulCharacter: {
    effect: 'refused',
    text: { en: 'texts with the character 0 are refused', zh: '含 NUL 字符（0）的文本将被拒绝' },
  },
  fraction: {
    effect: 'refused',
    text: {
      en: 'times with more than {limit} digits of a second are refused',
      zh: '秒的小数位数超过 {limit} 位的时间将被拒绝',
    },
  },
  zone: {
    effect: 'converted',
    text: {
      en: 'instants are written as the time of UTC, without a zone',
      zh: '时间点按 UTC 写入，不带时区',
    },
  },
  assumedZone: {
    effect: 'converted',
    text: {
      en: 'times without a zone are taken for the time of UTC',
      zh: '不带时区的时间按 UTC 解释',
    },
  },
  offset: {
    effect: 'refused',
    text: { en: 'times of day with an offset other than +00 are refused', zh: '时差不为 +00 的时刻将被拒绝' },
  },
  timeOfDay: {
    effect: 'refused',
    text: { en: 'values with a time of day are refused', zh: '带有时刻部分的值将被拒绝' },
  },
  clock: {
    effect: 'refused',
    text: {
      en: 'times below 00:00:00 or beyond 24:00:00 are refused',
      zh: '小于 00:00:00 或大于 24:00:00 的时间将被拒绝',
    },
  },
  calendar: {
    effect: 'refused',
    text: {
      en: 'dates before or after what the destination knows, BC and infinity among them, are refused',
      zh: '超出目的端日期范围的值（含公元前与 infinity）将被拒绝',
    },
  },
  zeroDate: {
    effect: 'refused',
    text: {
      en: 'dates with a year, month or day of zero are refused, or read as null where the link says convertToNull',
      zh: '年、月或日为零的日期将被拒绝；若连接设置为 convertToNull 则读为空值',
    },
  },
  notANumber: {
    effect: 'refused',
    text: { en: 'NaN and the infinities are refused', zh: 'NaN 与无穷大将被拒绝' },
  },
  boolean: {
    effect: 'refused',
    text: {
      en: 'numbers other than 0 and 1 are refused; with tinyInt1isBit=false in the link TINYINT(1) is read as a number',
      zh: '0 和 1 以外的数值将被拒绝；在连接中设置 tinyInt1isBit=false 可将 TINYINT(1) 按数值读取',
    },
  },
  booleanAsNumber: {
    effect: 'converted',
    text: { en: 'true is written as 1, false as 0', zh: 'true 写为 1，false 写为 0' },
  },
  bits: {
    effect: 'refused',
    text: {
      en: 'bit strings of other than {limit} bits are refused',
      zh: '长度不等于 {limit} 位的位串将被拒绝',
    },
  },
  bitsAsNumber: {
    effect: 'converted',
    text: { en: 'bit strings are written as numbers', zh: '位串按数值写入' },
  },
  members: {
    effect: 'refused',
    text: {
      en: 'texts that are not exactly one of the listed values are refused',
      zh: '与所列取值不完全一致的文本将被拒绝',
    },
  },
  json: {
    effect: 'converted',
    text: {
      en: 'JSON is kept as a value: blanks, the order of members and all but the last of equal names are not',
      zh: 'JSON 按值保存：空白、成员顺序以及重名成员中除最后一个之外的内容不予保留',
    },
  },
  form: {
    effect: 'refused',
    text: {
      en: 'texts that do not spell a value of the destination’s type are refused',
      zh: '不符合目的字段类型书写格式的文本将被拒绝',
    },
  },
  asText: {
    effect: 'converted',
    text: {
      en: 'the destination has no such type: values are written as the source prints them',
      zh: '目的端没有对应类型：按源端的文本形式写入',
    },
  },
  emptyAsNull: {
    effect: 'converted',
    text: {
      en: 'empty texts and empty bytes are written as null: the destination has none',
      zh: '空字符串与空字节串写为空值：目的端不区分二者',
    },
  },
  nulls: {
    effect: 'refused',
    text: {
      en: 'rows without a value are refused: the column takes no nulls',
      zh: '目的字段不接受空值，空值行将被拒绝',
    },
  },
  rowSize: {
    effect: 'converted',
    text: {
      en: 'the column is created as {limit}: a row has 65,535 bytes',
      zh: '受行长 65,535 字节限制，该字段建为 {limit}',
    },
  },
  keyNotMoved: {
    effect: 'converted',
    text: {
      en: 'the table is created without a primary key: not every column of the key is moved',
      zh: '建表时不带主键：主键的字段未全部迁移',
    },
  },
  keyWithoutLength: {
    effect: 'converted',
    text: {
      en: 'the table is created without a primary key: {limit} has no length that a key could have',
      zh: '建表时不带主键：字段 {limit} 的长度不能用于主键',
    },
  },
  keyTooLong: {
    effect: 'converted',
    text: {
      en: 'the table is created without a primary key: it would be longer than {limit} bytes',
      zh: '建表时不带主键：主键长度将超过 {limit} 字节',
    },
  },
} satisfies Readonly<Record<string, LossWords>>;

export type LossKind = keyof typeof words;

export const lossKinds = Object.keys(words) as readonly LossKind[];

/** One thing that one column may lose. Plain JSON: it is part of the plan. */
export interface Loss {
  /** At the destination; null: the loss is the table's. */
  readonly column: string | null;
  readonly kind: LossKind;
  /** The types in their databases' own words; empty for the table. */
  readonly from: string;
  readonly to: string;
  /** What stands for `{limit}` in the text: a number with its unit, a type, a character set. */
  readonly limit?: string | number;
}

export function lossEffectOf(kind: LossKind): LossEffect {
  return words[kind].effect;
}

/** What a kind of loss means, with `{limit}` where its number stands. */
export function lossKindText(kind: LossKind): Text {
  return words[kind].text;
}

/** A loss in words, with the column it concerns. */
export function lossText({ column, kind, from, to, limit = '' }: Loss): Text {
  const { en, zh } = words[kind].text;
  const filled = { en: en.replace('{limit}', String(limit)), zh: zh.replace('{limit}', String(limit)) };
  if (column === null) return filled;
  return {
    en: `column ${column}, ${from} into ${to}: ${filled.en}`,
    zh: `字段 ${column}（${from} 到 ${to}）：${filled.zh}`,
  };
}

/**
 * Values of a source's types that not every destination has; a source names those that it may send.
 * `zeroDate`: dates with a month or day of zero. `longTime`: times of day below zero or beyond 24 hours.
 * `farDate`: years before 1 or after 9999, infinities. `notANumber`: NaN and infinities among numbers. `nulCharacter`: in texts.
 */
export type OddValue = 'zeroDate' | 'longTime' | 'farDate' | 'notANumber' | 'nulCharacter';
