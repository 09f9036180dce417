import type { Dice } from './dice.ts';

/** Texts that parsers, stores and terminals have stumbled over. */
const oddTexts: readonly string[] = [
  '',
  ' ',
  '\t\r\n',
  '\u0000',
  'a\u0000b',
  '\u0007\u001b[31m',
  '\ud800',
  'x\udfffy',
  '\ufeffbom',
  '\u202eright-to-left',
  'é',
  'e\u0301',
  '数据迁移',
  '😀😀',
  'İstanbul ǅ ß',
  '../../etc',
  '..',
  '.',
  '-',
  'all',
  'job',
  'null',
  'undefined',
  'NaN',
  'true',
  '0',
  '-1',
  '1e400',
  '9007199254740993',
  '2147483648',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '%',
  '%2F',
  '%00',
  '%ff',
  '%zz',
  "'; DROP TABLE jobs; --",
  '" OR ""="',
  '{name}',
  '\u0024{x}',
  '$(x)',
  '<script>alert(1)</script>',
  'a'.repeat(241),
  '长'.repeat(300),
  'Ω'.repeat(4_000),
];

export function oddText(dice: Dice): string {
  if (dice.chance(0.01)) return 'x'.repeat(100_000);
  return dice.pick(oddTexts);
}

const oddNumbers: readonly number[] = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1_000_000_000_000,
];

/** Any JSON value; small, but for a rare one that is deep or wide. */
export function oddJson(dice: Dice, depth = 0): unknown {
  switch (dice.below(depth > 2 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return dice.chance(0.5);
    case 2:
      return dice.pick(oddNumbers);
    case 3:
    case 4:
      return oddText(dice);
    case 5:
      return Array.from({ length: dice.below(4) }, () => oddJson(dice, depth + 1));
    case 6:
      return Object.fromEntries(
        Array.from({ length: dice.below(4) }, () => [oddText(dice), oddJson(dice, depth + 1)]),
      );
    default:
      return dice.chance(0.1) ? Array.from({ length: 3_000 }, (_none, at) => at) : nested(2 + dice.below(60));
  }
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Text of JSON so deep that whoever walks it by recursion must look out. */
export function deepText(dice: Dice): string {
  const depth = dice.pick([500, 5_000, 60_000]);
  return dice.chance(0.5)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}
