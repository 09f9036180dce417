import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** How a key was made of a passphrase. */
export interface KeyDerivation {
  readonly derivation: 'scrypt';
  /** Base64. */
  readonly salt: string;
  /** Cost, a power of two. */
  readonly n: number;
  /** Block size. */
  readonly r: number;
  /** Parallelism. */
  readonly p: number;
}

/** A text under a passphrase, with all that is needed to open it but the passphrase. */
export interface PassphraseSealed {
  readonly key: KeyDerivation;
  readonly cipher: {
    readonly name: 'aes-256-gcm';
    /** Base64. */
    readonly nonce: string;
    /** Base64. */
    readonly tag: string;
  };
  /** Base64. */
  readonly content: string;
}

/** The passphrase is another one, or the file was changed: the cipher cannot tell which. */
export class WrongPassphrase extends Error {
  constructor(cause: unknown) {
    super('the passphrase does not open this', { cause });
    this.name = 'WrongPassphrase';
  }
}

/** The parameters are not ones that this program would have written, or would cost too much to follow. */
export class UnknownSeal extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UnknownSeal';
  }
}

/** 32 MiB and about 0.2 s for each guess: OWASP's minimum for scrypt with p = 3. */
const derivation = { n: 2 ** 15, r: 8, p: 3 } as const;
/** What a file may ask for: it is not known yet whether whoever wrote it means well. */
const derivationMax = { n: 2 ** 17, r: 16, p: 8, bytes: 256 * 1024 * 1024 } as const;
/** Keys that are derived at once; more wait, and beyond that they are refused: each takes a core for up to seconds. */
const derivationsMax = 1;
const derivationsWaitingMax = 16;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/**
 * Seals a text under a passphrase: scrypt and AES-256-GCM.
 * @param context bound in as associated data, with the parameters: a sealed text opens in the same context only.
 * @throws APIGW.0308 (429) when too many wait for a key.
 */
export async function sealWithPassphrase(
  plain: string,
  passphrase: string,
  context: string,
): Promise<PassphraseSealed> {
  const salt = randomBytes(saltBytes);
  const key: KeyDerivation = { derivation: 'scrypt', salt: salt.toString('base64'), ...derivation };
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv('aes-256-gcm', await derive(passphrase, key), nonce, {
    authTagLength: tagBytes,
  });
  sealing.setAAD(associated(context, key, nonce));
  const content = Buffer.concat([sealing.update(plain, 'utf8'), sealing.final()]);
  return {
    key,
    cipher: {
      name: 'aes-256-gcm',
      nonce: nonce.toString('base64'),
      tag: sealing.getAuthTag().toString('base64'),
    },
    content: content.toString('base64'),
  };
}

/** @throws WrongPassphrase; UnknownSeal; APIGW.0308 (429) when too many wait for a key. */
export async function openWithPassphrase(
  { key, cipher, content }: PassphraseSealed,
  passphrase: string,
  context: string,
): Promise<string> {
  if (key.derivation !== 'scrypt' || cipher.name !== 'aes-256-gcm') {
    throw new UnknownSeal('another derivation or cipher than scrypt and aes-256-gcm');
  }
  const nonce = Buffer.from(cipher.nonce, 'base64');
  const tag = Buffer.from(cipher.tag, 'base64');
  // A shorter tag would be taken by the cipher, and be easier to hit.
  if (nonce.length !== nonceBytes || tag.length !== tagBytes)
    throw new UnknownSeal('nonce or tag is cut short');
  const opening = createDecipheriv('aes-256-gcm', await derive(passphrase, key), nonce, {
    authTagLength: tagBytes,
  });
  opening.setAAD(associated(context, key, nonce));
  opening.setAuthTag(tag);
  try {
    return Buffer.concat([opening.update(Buffer.from(content, 'base64')), opening.final()]).toString('utf8');
  } catch (error) {
    throw new WrongPassphrase(error);
  }
}

function associated(context: string, key: KeyDerivation, nonce: Buffer): Buffer {
  const { salt, n, r, p } = key;
  return Buffer.from(JSON.stringify([context, key.derivation, salt, n, r, p, nonce.toString('base64')]));
}

let underWay = 0;
const waiting: (() => void)[] = [];

/** Two spellings of one passphrase that look alike are one (NFC). */
async function derive(passphrase: string, { salt, n, r, p }: KeyDerivation): Promise<Buffer> {
  const isPowerOfTwo = Number.isInteger(n) && n > 1 && (n & (n - 1)) === 0;
  const isBounded = (value: number, max: number) => Number.isInteger(value) && value >= 1 && value <= max;
  const max = derivationMax;
  const isAffordable =
    isPowerOfTwo && n <= max.n && isBounded(r, max.r) && isBounded(p, max.p) && 128 * n * r <= max.bytes;
  if (!isAffordable) throw new UnknownSeal('the parameters of scrypt are outside of what is taken');
  if (waiting.length >= derivationsWaitingMax) {
    throw new SluiceError('APIGW.0308', { limit: derivationsWaitingMax, seconds: 5 });
  }
  if (underWay >= derivationsMax) await new Promise<void>((resolve) => waiting.push(resolve));
  underWay++;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(
        passphrase.normalize('NFC'),
        Buffer.from(salt, 'base64'),
        keyBytes,
        // Node's own bound is lower than what the parameters need, and must be just above it.
        { N: n, r, p, maxmem: 128 * n * r + 1024 * 1024 * p * r },
        (error, key) => (error === null ? resolve(key) : reject(error)),
      );
    });
  } finally {
    underWay--;
    waiting.shift()?.();
  }
}
