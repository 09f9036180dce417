import { expect, test } from 'vitest';
import type { Family } from './columns.ts';
import { canonicalJson } from './json-value.ts';
import { isIdentical } from './judge.ts';

const printed = (family: Family, text: string | null, type: string = family) => ({ family, type, text });

test.each<[Family, string | null, Family, string | null]>([
  ['integer', null, 'integer', null],
  ['decimal', '1.00', 'decimal', '1'],
  ['double', '0.1', 'single', '0.10000000149011612'],
  ['single', '0.1', 'double', '0.10000000149011612'],
  ['boolean', 't', 'integer', '1'],
  ['boolean', '2', 'integer', '2'],
  ['char', 'a    ', 'text', 'a'],
  ['timestamp', '2024-02-29 12:00:00+00', 'timestamp', '2024-02-29 12:00:00.000'],
  ['text', '2024-02-29 12:00:00+02', 'timestamp', '2024-02-29 10:00:00+00'],
  ['date', '2024-02-29', 'timestamp', '2024-02-29 00:00:00'],
  ['time', '24:00:00', 'time', '24:00:00.000'],
  ['json', '{"b": 1.10, "a": 1e2}', 'json', '{"a":100,"b":1.1}'],
  ['bits', '0101', 'text', '0101'],
])('%s %s is %s %s', (from, before, to, after) => {
  expect(isIdentical(printed(from, before), printed(to, after))).toBe(true);
});

test.each<[Family, string | null, Family, string | null]>([
  ['text', '', 'text', null],
  ['text', 'a ', 'char', 'a'],
  ['text', 'A', 'text', 'a'],
  ['decimal', '1.005', 'decimal', '1.01'],
  ['decimal', '0.12345678901234567', 'double', '0.12345678901234568'],
  ['double', '0.123456789', 'single', '0.12345679104328156'],
  ['integer', '9007199254740993', 'double', '9007199254740992'],
  ['integer', '24', 'integer', '2024'],
  ['boolean', '2', 'boolean', 't'],
  ['timestamp', '2024-02-29 12:00:00.5', 'timestamp', '2024-02-29 12:00:01'],
  ['text', 'today', 'date', '2024-02-29'],
  ['time', '10:00:00+02', 'time', '10:00:00'],
  ['json', '1.00000000000000000001', 'json', '1.0'],
  ['bits', '0101', 'bits', '00000101'],
  ['bytes', 'ab', 'bytes', 'ab00'],
])('%s %s is not %s %s', (from, before, to, after) => {
  expect(isIdentical(printed(from, before), printed(to, after))).toBe(false);
});

test('JSON is read whole or not at all', () => {
  expect(canonicalJson(' {"a" : [1, {"b": null}], "a": "x"} ')).toBe('{"a":"x"}');
  for (const text of ['', '{', '[1,]', '{"a"}', '1 2', 'NaN', "'a'"])
    expect(canonicalJson(text), text).toBeNull();
});
