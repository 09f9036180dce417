import { expect, test } from 'vitest';
import { isNestedDeeper, jsonDepthMax } from './json-depth.ts';
import { parseJson } from './request-body.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

test('levels are counted, brackets in texts are not', () => {
  expect(isNestedDeeper(nested(100), 100)).toBe(false);
  expect(isNestedDeeper(nested(101), 100)).toBe(true);
  expect(isNestedDeeper(`{"a":${nested(100)}}`, 100)).toBe(true);
  expect(isNestedDeeper(JSON.stringify({ text: '[{'.repeat(500) }), 100)).toBe(false);
  expect(isNestedDeeper(JSON.stringify({ text: `\\"${'['.repeat(500)}` }), 100)).toBe(false);
  expect(isNestedDeeper(JSON.stringify(Array.from({ length: 500 }, () => [{}])), 100)).toBe(false);
});

test('a body that nests too deep is refused in words, one that is just deep enough is read', () => {
  expect(parseJson(Buffer.from(nested(jsonDepthMax)))).toHaveLength(1);
  expect(() => parseJson(Buffer.from(nested(200_000)))).toThrow(
    expect.objectContaining({ code: 'Cdm.0014', status: 400 }),
  );
});
