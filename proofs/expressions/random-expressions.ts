import { functionNamed, functionNames } from '../../packages/core/src/expressions/function-table.ts';

export type Random = () => number;

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

const names = functionNames();
/** What reaches the host in languages that let it. */
const hostNames = [
  'constructor',
  '__proto__',
  'prototype',
  'globalThis',
  'process',
  'toString',
  'valueOf',
  'canary',
  'Function',
  'this',
  'then',
  'hasOwnProperty',
  'length',
  '__defineGetter__',
  'require',
  'import',
];
const texts = [
  '""',
  '"a"',
  "'abc'",
  '"aaaaaaaaab"',
  '"12"',
  '"-3.50"',
  '"1e9"',
  '"true"',
  '"yyyy-MM-dd HH:mm:ss"',
  '"EEE GGG w W D F X"',
  '"2018-01-05 15:15:05"',
  '"\\\\u0041\\n"',
  '"\u{1f600}\ud800"',
  '"10.0.0.1"',
  '"hour"',
  '"key"',
  '"http://127.0.0.1/x.csv"',
];
const numbers = [
  '0',
  '1',
  '2',
  '7L',
  '1.5',
  '0.1d',
  '3f',
  '1000000',
  '2147483647',
  '99999999999999999999',
  '1e300',
  '.5',
];
const operators = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  'and',
  'or',
  'eq',
  'ne',
  'lt',
  'gt',
  'le',
  'ge',
  'div',
  'mod',
];
const debris = [
  '(',
  ')',
  '[',
  ']',
  '.',
  ',',
  '"',
  "'",
  '\\',
  '?',
  ':',
  '#{',
  '}',
  '${',
  '@',
  '`',
  '=',
  ';',
  '\0',
  ' ',
  '{',
  '=>',
  '-',
  '!',
  'empty ',
];

/** An expression by the grammar. @param depth levels that it may still have. */
export function grammarMade(random: Random, depth: number): string {
  if (depth <= 0) return leaf(random);
  const inner = () => grammarMade(random, depth - 1 - Math.floor(random() * 2));
  const dice = random();
  if (dice < 0.4) return call(random, inner);
  if (dice < 0.62) return `${inner()} ${pick(random, operators)} ${inner()}`;
  if (dice < 0.7) return `(${inner()} ? ${inner()} : ${inner()})`;
  if (dice < 0.76) return `${pick(random, ['!', '-', 'empty ', 'not '])}${inner()}`;
  if (dice < 0.82) return `(${inner()})`;
  if (dice < 0.88) return `row[${inner()}]`;
  if (dice < 0.94) return `(${inner()})[${random() < 0.5 ? `"${pick(random, hostNames)}"` : inner()}]`;
  if (dice < 0.97) return `${inner()}.${pick(random, hostNames)}`;
  return leaf(random);
}

function leaf(random: Random): string {
  const dice = random();
  if (dice < 0.3) return 'value';
  if (dice < 0.45) return `row[${Math.floor(random() * 8)}]`;
  if (dice < 0.7) return pick(random, texts);
  if (dice < 0.9) return pick(random, numbers);
  if (dice < 0.95) return pick(random, ['true', 'false', 'null', 'row']);
  return pick(random, hostNames);
}

function call(random: Random, inner: () => string): string {
  const name = pick(random, names);
  const entry = functionNamed(name);
  // Now and then too few arguments or too many.
  const slip = random() < 0.05 ? Math.floor(random() * 3) - 1 : 0;
  const count = Math.max(0, (random() < 0.5 ? (entry?.argsMin ?? 1) : (entry?.argsMax ?? 1)) + slip);
  return `${name}(${Array.from({ length: count }, inner).join(', ')})`;
}

/** Another expression bent: pieces cut out, doubled, moved, or put in. */
export function mutated(random: Random, expression: string): string {
  let text = expression;
  const changes = 1 + Math.floor(random() * 4);
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(random() * (text.length + 1));
    const end = Math.min(text.length, at + Math.floor(random() * 12));
    const dice = random();
    if (dice < 0.3) text = text.slice(0, at) + text.slice(end);
    else if (dice < 0.5) text = text.slice(0, at) + pick(random, [...debris, ...hostNames]) + text.slice(at);
    else if (dice < 0.7)
      text = text.slice(0, end) + text.slice(at, end).repeat(1 + Math.floor(random() * 20)) + text.slice(end);
    else if (dice < 0.85) text = text.slice(end) + text.slice(0, end);
    else text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x10000)) + text.slice(at);
  }
  return text;
}

/** Expressions that are made to take long: texts that grow, chains, and levels. */
export function stubborn(random: Random): string {
  const times = Math.floor(random() * 400);
  switch (Math.floor(random() * 9)) {
    case 0:
      return (
        'StringUtils.replace('.repeat(Math.min(times, 99)) +
        'value' +
        ',"a","aaaaaaaa")'.repeat(Math.min(times, 99))
      );
    case 1:
      return `value${' + value'.repeat(times)}`;
    case 2:
      return `${'('.repeat(times)}1${')'.repeat(times)}`;
    case 3:
      return `7${' * 99999999999999999999'.repeat(times)}`;
    case 4:
      return `StringUtils.leftPad(value, ${times * 20_000}, "${'ab'.repeat(times % 9)}")`;
    case 5:
      return `${'!'.repeat(times)}true`;
    case 6:
      return `${'true ? 1 : '.repeat(times)}2`;
    case 7:
      return `StringUtils.contains(StringUtils.rightPad("", 500000, "a"), StringUtils.rightPad("", ${times * 500}, "a") + "b")`;
    default:
      return `0.1${' / row[3]'.repeat(times)}`;
  }
}
