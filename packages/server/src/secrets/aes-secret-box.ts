import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing, MasterKey } from './key-ring.ts';
import type { SecretBox } from './secret-box.ts';

const cipher = 'aes-256-gcm';
const version = 'v1';
const nonceBytes = 12;
const tagBytes = 16;

/** How every text begins that this key sealed. */
export function sealPrefix(key: MasterKey): string {
  return `${version}:${key.id}:`;
}

/**
 * Seals with AES-256-GCM: `v1:<key id>:<base64url of nonce, ciphertext, tag>`. The nonce is random, which is safe for
 * four thousand million texts under one key; the context is associated data, so a sealed text works only where it belongs.
 */
export class AesSecretBox implements SecretBox {
  readonly #active: MasterKey;
  readonly #keys: ReadonlyMap<string, MasterKey>;

  constructor(keys: KeyRing) {
    this.#active = keys[0];
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  seal(plain: string, context: string): string {
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, this.#active.bytes, nonce, { authTagLength: tagBytes });
    sealing.setAAD(Buffer.from(context, 'utf8'));
    const body = Buffer.concat([nonce, sealing.update(plain, 'utf8'), sealing.final(), sealing.getAuthTag()]);
    return sealPrefix(this.#active) + body.toString('base64url');
  }

  open(sealed: string, context: string): string {
    const [sealedVersion, keyId, text, ...rest] = sealed.split(':');
    if (sealedVersion !== version || keyId === undefined || text === undefined || rest.length > 0) {
      throw new Error('A sealed text is not in a form this program knows');
    }
    const key = this.#keys.get(keyId);
    if (key === undefined) throw new Error(`A sealed text needs master key ${keyId}, which was not given`);
    const body = Buffer.from(text, 'base64url');
    if (body.length < nonceBytes + tagBytes) throw new Error('A sealed text is cut short');
    const opening = createDecipheriv(cipher, key.bytes, body.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    opening.setAAD(Buffer.from(context, 'utf8'));
    opening.setAuthTag(body.subarray(-tagBytes));
    try {
      const plain = opening.update(body.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([plain, opening.final()]).toString('utf8');
    } catch (cause) {
      throw new Error(`A text sealed with master key ${keyId} was changed, or belongs elsewhere`, { cause });
    }
  }
}
