import { expect, test } from 'vitest';
import { parseJson } from './request-body.ts';
import { hasZeroCharacter, targetHasZeroCharacter } from './zero-character.ts';

test('the escape counts, an escaped backslash before it does not', () => {
  for (const value of ['\u0000', 'a\u0000b', '\\\u0000', { 'k\u0000': 1 }, ['\\u0000', '\u0000']])
    expect(hasZeroCharacter(JSON.stringify(value))).toBe(true);
  for (const value of ['', 'u0000', '\\u0000', '\\\\u0000', { '\\u0000': '\u0001' }])
    expect(hasZeroCharacter(JSON.stringify(value))).toBe(false);
});

test('a target has it as %00 only', () => {
  expect(targetHasZeroCharacter('/v1.1/p/clusters/a%00b')).toBe(true);
  expect(targetHasZeroCharacter('/v1.1/p/clusters?name=%00')).toBe(true);
  expect(targetHasZeroCharacter('/v1.1/p/clusters/a%2500b')).toBe(false);
});

test('a body with it is refused in words', () => {
  expect(parseJson(Buffer.from('{"name":"\\\\u0000"}'))).toEqual({ name: '\\u0000' });
  expect(() => parseJson(Buffer.from('{"name":"\\u0000"}'))).toThrow(
    expect.objectContaining({ code: 'Cdm.0014', status: 400 }),
  );
});
