import { createHash, createPublicKey, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ed25519Answer } from './client-ed25519.ts';

/** The public key that MariaDB stores for a password, as Node knows it. */
function publicKeyOf(password: string) {
  const half = createHash('sha512').update(password, 'utf8').digest().subarray(0, 32);
  half[0] = (half[0] as number) & 248;
  half[31] = ((half[31] as number) & 63) | 64;
  const scalar = BigInt(`0x${Buffer.from(half).reverse().toString('hex')}`) % ed25519.Point.Fn.ORDER;
  const x = Buffer.from(ed25519.Point.BASE.multiply(scalar).toBytes()).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

it("is a signature of the nonce that Node's own Ed25519 takes, for any password", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (password, nonce) => {
        const answer = ed25519Answer(password, nonce);
        expect(answer.length).toBe(64);
        expect(verify(null, nonce, publicKeyOf(password), answer)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

it('signs the nonce alone, whatever stands behind it', () => {
  const nonce = Buffer.alloc(32, 7);
  expect(ed25519Answer('secret', Buffer.concat([nonce, Buffer.from([0])]))).toEqual(
    ed25519Answer('secret', nonce),
  );
});
