import { readFileSync } from 'node:fs';
import { signRequest } from '@sluice/contract/signing/sign-request';
import { describe, expect, it } from 'vitest';
import { secretKey } from './secret-key.ts';

/** Requests as the vendor's own clients signed them; see the file's `about`. */
interface Vector {
  readonly id: string;
  readonly algorithm: string;
  readonly path_form: string;
  readonly method: string;
  readonly raw_target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly ak: string;
  readonly sk: string;
  readonly canonical_request: string;
  readonly string_to_sign: string;
  readonly authorization: string;
}

const file = new URL('../../../../server/src/identity/test-vectors/signing-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { readonly vectors: readonly Vector[] };

/** Those that this signer can be asked for: its algorithm, its form of the path, and every header that was sent signed. */
const ours = vectors.filter(
  ({ algorithm, path_form, authorization, headers, canonical_request }) =>
    algorithm === 'SDK-HMAC-SHA256' &&
    authorization.includes(' Access=') &&
    path_form === 'decoded' &&
    !Object.keys(headers).some((name) => name.toLowerCase() === 'x-sdk-content-sha256') &&
    signedHeaders(authorization) ===
      Object.keys(headers)
        .map((name) => name.toLowerCase())
        .sort()
        .join(';') &&
    !canonical_request.includes('UNSIGNED-PAYLOAD'),
);

function signedHeaders(authorization: string): string {
  return /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '';
}

const ways = [
  ['WebCrypto', (sk: string) => secretKey(sk)],
  ['the library', (sk: string) => secretKey(sk, null)],
] as const;

describe.each(ways)('signing with %s', (_way, keyOf) => {
  it('has vectors to be held against', () => expect(ours.length).toBeGreaterThan(8));

  it.each(ours.map((vector) => [vector.id, vector] as const))(
    'signs %s as its client did',
    async (_id, vector) => {
      const signed = await signRequest(
        {
          method: vector.method,
          target: vector.raw_target,
          headers: Object.entries(vector.headers),
          body: vector.body,
        },
        vector.ak,
        await keyOf(vector.sk),
      );
      expect(signed).toEqual({
        canonicalRequest: vector.canonical_request,
        stringToSign: vector.string_to_sign,
        authorization: vector.authorization,
      });
    },
  );

  it('signs otherwise with another key', async () => {
    const [vector] = ours;
    if (vector === undefined) throw new Error('no vector');
    const request = {
      method: vector.method,
      target: vector.raw_target,
      headers: Object.entries(vector.headers),
      body: vector.body,
    };
    const { authorization } = await signRequest(request, vector.ak, await keyOf(`${vector.sk}x`));
    expect(authorization).not.toBe(vector.authorization);
  });
});

it('keeps the key where nobody can take it out again', async () => {
  const imported: CryptoKey[] = [];
  const { subtle } = globalThis.crypto;
  const watched = {
    digest: subtle.digest.bind(subtle),
    sign: subtle.sign.bind(subtle),
    importKey: async (...args: Parameters<SubtleCrypto['importKey']>) => {
      const key = await subtle.importKey(...args);
      imported.push(key);
      return key;
    },
  } as unknown as SubtleCrypto;
  const key = await secretKey('a secret', watched);
  expect(imported.map(({ extractable }) => extractable)).toEqual([false]);
  expect(JSON.stringify(key)).not.toContain('a secret');
});
