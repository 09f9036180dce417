import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The verifier of a password as Oracle 12c keeps it. */
export const verifierType = 0x4815;
const ownIterations = 4096;
const sharedIterations = 3;
const keyBytes = 32;

function decrypt(key: Buffer, value: Buffer): Buffer {
  const cipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(value), cipher.final()]);
}

function encrypt(key: Buffer, value: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(value), cipher.final()]);
}

/** The server's half of O5LOGON: both sides prove that they know the password, and none says it in clear. */
export class StubLogIn {
  readonly #password: string;
  readonly #salt = randomBytes(16);
  readonly #mixing = randomBytes(16);
  readonly #ownHalf = randomBytes(keyBytes);
  readonly #passwordHash: Buffer;

  constructor(password: string) {
    this.#password = password;
    const salt = Buffer.concat([this.#salt, Buffer.from('AUTH_PBKDF2_SPEEDY_KEY')]);
    const key = pbkdf2Sync(password, salt, ownIterations, 64, 'sha512');
    this.#passwordHash = createHash('sha512').update(key).update(this.#salt).digest().subarray(0, keyBytes);
  }

  /** What the first phase is answered with: name, value, flag. */
  challenge(): readonly (readonly [string, string, number])[] {
    const hex = (bytes: Buffer) => bytes.toString('hex').toUpperCase();
    return [
      ['AUTH_SESSKEY', hex(encrypt(this.#passwordHash, this.#ownHalf)), 0],
      ['AUTH_VFR_DATA', hex(this.#salt), verifierType],
      ['AUTH_PBKDF2_CSK_SALT', hex(this.#mixing), 0],
      ['AUTH_PBKDF2_VGEN_COUNT', String(ownIterations), 0],
      ['AUTH_PBKDF2_SDER_COUNT', String(sharedIterations), 0],
    ];
  }

  /** The proof for the client; null: the password is another one. */
  answer(given: ReadonlyMap<string, string>): string | null {
    const theirs = decrypt(this.#passwordHash, Buffer.from(given.get('AUTH_SESSKEY') ?? '', 'hex'));
    const both = Buffer.concat([theirs.subarray(0, keyBytes), this.#ownHalf])
      .toString('hex')
      .toUpperCase();
    const key = pbkdf2Sync(Buffer.from(both), this.#mixing, sharedIterations, keyBytes, 'sha512');
    const told = decrypt(key, Buffer.from(given.get('AUTH_PASSWORD') ?? '', 'hex'));
    const padding = told.at(-1) ?? 0;
    if (told.subarray(16, told.length - padding).toString() !== this.#password) return null;
    const proof = Buffer.concat([randomBytes(16), Buffer.from('SERVER_TO_CLIENT')]);
    return encrypt(key, proof).toString('hex').toUpperCase();
  }
}
