import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Hashing } from '@sluice/contract/signing/sign-request';

/**
 * Takes a secret key in. Where the browser has WebCrypto, the key goes into it as one that nobody can take out again, and
 * the text may be forgotten; a page that came over plain HTTP from another machine has none, and then a library does the
 * same arithmetic with the bytes.
 */
export async function secretKey(sk: string, subtle: SubtleCrypto | null = webCrypto()): Promise<Hashing> {
  const bytes = new TextEncoder().encode(sk);
  if (subtle === null) {
    return {
      hash: async (data) => hex(sha256(data)),
      sign: async (text) => hex(hmac(sha256, bytes, new TextEncoder().encode(text))),
    };
  }
  const key = await subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return {
    hash: async (data) => hex(await subtle.digest('SHA-256', Uint8Array.from(data))),
    sign: async (text) => hex(await subtle.sign('HMAC', key, new TextEncoder().encode(text))),
  };
}

function webCrypto(): SubtleCrypto | null {
  return (globalThis.crypto as Partial<Crypto> | undefined)?.subtle ?? null;
}

function hex(bytes: ArrayBuffer | Uint8Array): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
