import { describe, expect, it } from 'vitest';
import { hashPassword, isPassword } from './password-hash.ts';

describe('password hashes', () => {
  it('encodes with its parameters and takes the password back', async () => {
    const encoded = await hashPassword('Correct horse 链');
    expect(encoded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await isPassword('Correct horse 链', encoded)).toBe(true);
    for (const wrong of ['correct horse 链', 'Correct horse 链 ', '']) {
      expect(await isPassword(wrong, encoded)).toBe(false);
    }
  });

  it('salts: the same password twice gives two texts', async () => {
    expect(await hashPassword('p')).not.toBe(await hashPassword('p'));
  });

  // Published by the authors of argon2 with their own implementation: proof against one that agrees only with itself.
  for (const encoded of [
    '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ]) {
    it(`takes a hash made elsewhere, with its own cost: ${encoded.slice(0, 30)}`, async () => {
      expect(await isPassword('password', encoded)).toBe(true);
      expect(await isPassword('passwort', encoded)).toBe(false);
    });
  }

  it('sees one password in both Unicode spellings', async () => {
    expect(await isPassword('cafe\u0301', await hashPassword('caf\u00e9'))).toBe(true);
  });

  for (const damaged of [
    '',
    'plain',
    '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR',
    '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR',
  ]) {
    it(`throws on a damaged record: "${damaged}"`, async () => {
      await expect(isPassword('password', damaged)).rejects.toThrow('stored password hash');
    });
  }
});
