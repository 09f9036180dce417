import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  openWithPassphrase,
  type PassphraseSealed,
  sealWithPassphrase,
  UnknownSeal,
  WrongPassphrase,
} from './passphrase-box.ts';

const passphrase = 'correct horse battery';
const changed = (text: string) => {
  const bytes = Buffer.from(text, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
};

test('what was sealed opens with the same passphrase, whatever the text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 1 }), async (text, phrase) => {
      const sealed = await sealWithPassphrase(text, phrase, 'c');
      expect(await openWithPassphrase(sealed, phrase, 'c')).toBe(text.toWellFormed());
    }),
    { numRuns: 4 },
  );
});

test('another passphrase, another context, any changed part is refused', async () => {
  const sealed = await sealWithPassphrase('a secret', passphrase, 'c');
  expect(JSON.stringify(sealed)).not.toContain('a secret');
  const broken: readonly [PassphraseSealed, string, string][] = [
    [sealed, 'wrong', 'c'],
    [sealed, passphrase, 'd'],
    [{ ...sealed, content: changed(sealed.content) }, passphrase, 'c'],
    [{ ...sealed, cipher: { ...sealed.cipher, tag: changed(sealed.cipher.tag) } }, passphrase, 'c'],
    [{ ...sealed, cipher: { ...sealed.cipher, nonce: changed(sealed.cipher.nonce) } }, passphrase, 'c'],
    [{ ...sealed, key: { ...sealed.key, salt: changed(sealed.key.salt) } }, passphrase, 'c'],
    [{ ...sealed, key: { ...sealed.key, p: 2 } }, passphrase, 'c'],
  ];
  for (const [file, phrase, context] of broken) {
    await expect(openWithPassphrase(file, phrase, context)).rejects.toThrow(WrongPassphrase);
  }
});

test('a file cannot ask for more work or memory than is allowed, nor for a shorter tag', async () => {
  const sealed = await sealWithPassphrase('a secret', passphrase, 'c');
  const dear = [{ n: 2 ** 18 }, { n: 3 }, { n: 1 }, { r: 17 }, { p: 9 }, { n: 2 ** 17, r: 17 }, { p: 0.5 }];
  for (const more of dear) {
    const file = { ...sealed, key: { ...sealed.key, ...more } };
    await expect(openWithPassphrase(file, passphrase, 'c')).rejects.toThrow(UnknownSeal);
  }
  const short = Buffer.from(sealed.cipher.tag, 'base64').subarray(0, 4).toString('base64');
  const file = { ...sealed, cipher: { ...sealed.cipher, tag: short } };
  await expect(openWithPassphrase(file, passphrase, 'c')).rejects.toThrow(UnknownSeal);
});

test('two that are sealed alike have nothing in common', async () => {
  const [one, other] = await Promise.all([
    sealWithPassphrase('a', passphrase, 'c'),
    sealWithPassphrase('a', passphrase, 'c'),
  ]);
  expect(one.key.salt).not.toBe(other.key.salt);
  expect(one.cipher.nonce).not.toBe(other.cipher.nonce);
  expect(one.content).not.toBe(other.content);
});

test('who asks for many keys at once is told to come again; the others get theirs', async () => {
  const sealed = await sealWithPassphrase('a secret', passphrase, 'c');
  // Cheap ones, so that the test is.
  const file = { ...sealed, key: { ...sealed.key, n: 2 ** 10, r: 1, p: 1 } };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, () => openWithPassphrase(file, passphrase, 'c')),
  );
  const codes = outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason.code ?? outcome.reason.name) : 'opened',
  );
  expect(codes.filter((code) => code === 'WrongPassphrase')).toHaveLength(17);
  expect(codes.filter((code) => code === 'APIGW.0308')).toHaveLength(23);
  expect(await openWithPassphrase(sealed, passphrase, 'c')).toBe('a secret');
});
