import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonErrorPlace } from './json-error-place.ts';

it.each([
  ['', 1, 1],
  ['{', 1, 2],
  ['{ "links": [ }', 1, 14],
  ['{\n  "a": 1,\n}', 3, 1],
  ['[1, 2', 1, 6],
  ['[1 2]', 1, 4],
  ['{"a" 1}', 1, 6],
  ['{"a": tru}', 1, 7],
  ["{'a': 1}", 1, 2],
  ['{"a": "b\nc"}', 1, 7],
  ['{} x', 1, 4],
])('finds the place in %j', (text, line, column) => {
  expect(jsonErrorPlace(text)).toEqual({ line, column });
});

it('reads whatever is JSON to its end', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, isPretty) => {
      const text = JSON.stringify(value, null, isPretty ? 2 : 0);
      const lines = text.split('\n');
      expect(jsonErrorPlace(text)).toEqual({
        line: lines.length,
        column: (lines.at(-1)?.length ?? 0) + 1,
      });
    }),
  );
});

it('says a place within the text, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { line, column } = jsonErrorPlace(text);
      expect((text.split('\n')[line - 1]?.length ?? -1) + 1).toBeGreaterThanOrEqual(column);
    }),
  );
});
