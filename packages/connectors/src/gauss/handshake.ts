import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { LogInRefused } from '../postgres/server-error.ts';

/**
 * The two log-ins that openGauss, GaussDB and DWS add to PostgreSQL's protocol. They took the numbers 10 and 11 for them
 * before PostgreSQL did (SASL), so a request is known by its form: a list of mechanisms is no run of hexadecimal digits.
 * Facts: openGauss server (auth.cpp, crypt.cpp, user.cpp) and its JDBC driver, both published.
 *
 *     K         = PBKDF2-HMAC-SHA1(password, salt, iterations, 32 bytes)
 *     ServerKey = HMAC-SHA256(K, "Sever Key")            spelled so
 *     ClientKey = HMAC-SHA256(K, "Client Key")
 *     StoredKey = SHA256(ClientKey)
 *
 * Request 10, SHA256: the reply is ClientKey XOR HMAC-SHA256(StoredKey, token), in hexadecimal digits. To clients that speak
 * protocol 3.51 the server tells its iterations and nothing of itself; to those of 3.0 it shows HMAC-SHA256(ServerKey, token).
 *
 * Request 11, MD5_SHA256, where the access list says md5 and only the SHA256 form is stored: the reply is `md5` and the MD5 of
 * what is stored and four bytes of salt. What is stored are the digits of salt, ServerKey and StoredKey, and since the
 * iterations can be set, eleven letters that tell them.
 */
export type GaussRequest =
  | {
      readonly kind: 'sha256';
      /** Hexadecimal digits, 64 and 8 of them. */
      readonly salt: string;
      readonly token: string;
      /** What a server tells a client of protocol 3.51; null: of an older one. */
      readonly iterations: number | null;
      /** What it shows to an older one, 64 digits; null otherwise. */
      readonly signature: string | null;
    }
  | { readonly kind: 'md5-sha256'; readonly salt: string; readonly md5Salt: Buffer }
  /** A request of these servers that is not spoken here. */
  | { readonly kind: 'unspoken'; readonly method: string };

/** What the server wants to know, as the first number of an authentication request. */
export const requestCodes = {
  ok: 0,
  cleartext: 3,
  md5: 5,
  sha256: 10,
  md5Sha256: 11,
  sm3: 13,
  iam: 14,
} as const;

/** Of servers: fewer can be set at none, and would give the reply away to whoever tries passwords on it. */
export const ITERATIONS_MIN = 2_048;
/** More would take longer than a log-in should: about a second. */
export const ITERATIONS_MAX = 1_000_000;
/** Defaults of openGauss and GaussDB, of the oldest servers, and of DWS: one that tells none is asked by its signature. */
const DEFAULT_ITERATIONS: readonly number[] = [10_000, 2_048, 50_000];

const KEY_BYTES = 32;
const SALT_DIGITS = 64;
const TOKEN_DIGITS = 8;
const SIGNATURE_DIGITS = 64;
const MD5_SALT_BYTES = 4;
/** The password is stored as MD5: the server keeps no other form of it. */
const STORED_AS_MD5 = 1;

/** The forms that what is stored may have had: request 11 does not tell. In the order in which they are tried. */
export const storedForms: readonly { readonly iterations: number; readonly isTold: boolean }[] = [
  { iterations: 10_000, isTold: true },
  { iterations: 2_048, isTold: false },
];

const digits = /^[0-9a-f]*$/i;

/**
 * @param body of an authentication request, its number ahead.
 * @returns null for one that is PostgreSQL's own.
 */
export function readGaussRequest(body: Buffer): GaussRequest | null {
  const code = body.readInt32BE(0);
  switch (code) {
    case requestCodes.sha256:
      return readSha256(body.subarray(4));
    case requestCodes.md5Sha256: {
      const rest = body.subarray(4);
      const salt = rest.toString('latin1', 0, SALT_DIGITS);
      if (rest.length !== SALT_DIGITS + MD5_SALT_BYTES || !digits.test(salt)) return null;
      return { kind: 'md5-sha256', salt, md5Salt: Buffer.from(rest.subarray(SALT_DIGITS)) };
    }
    case requestCodes.sm3:
      return { kind: 'unspoken', method: 'SM3' };
    case requestCodes.iam:
      return { kind: 'unspoken', method: 'IAM' };
    default:
      return null;
  }
}

function readSha256(rest: Buffer): GaussRequest | null {
  // The name of a mechanism begins with a letter.
  if (rest.length < 8 || rest[0] !== 0) return null;
  if (rest.readInt32BE(0) === STORED_AS_MD5) return { kind: 'unspoken', method: 'SHA256 of a stored MD5' };
  const salt = rest.toString('latin1', 4, 4 + SALT_DIGITS);
  const token = rest.toString('latin1', 4 + SALT_DIGITS, 4 + SALT_DIGITS + TOKEN_DIGITS);
  const tail = rest.subarray(4 + SALT_DIGITS + TOKEN_DIGITS);
  if (token.length !== TOKEN_DIGITS || !digits.test(salt + token)) return null;
  if (tail.length === 4)
    return { kind: 'sha256', salt, token, iterations: tail.readInt32BE(0), signature: null };
  const signature = tail.toString('latin1');
  if (signature.length !== SIGNATURE_DIGITS || !digits.test(signature)) return null;
  return { kind: 'sha256', salt, token, iterations: null, signature };
}

/**
 * The text to answer with. What the server shows of itself is looked at first: nobody learns anything of the password who does
 * not know it already.
 * @param form what is thought to be stored, for request 11.
 * @throws LogInRefused for bounds that are not kept, a signature that is not the server's, and what is not spoken.
 */
export async function answerOf(
  request: GaussRequest,
  password: string,
  form: (typeof storedForms)[number],
): Promise<string> {
  switch (request.kind) {
    case 'unspoken':
      throw new LogInRefused(`the server asks for the log-in ${request.method}, which is not spoken here`);
    case 'md5-sha256': {
      const { serverKey, storedKey } = await keysOf(password, request.salt, form.iterations);
      const told = form.isTold ? iterationLetters(form.iterations) : '';
      const stored = `${request.salt}${serverKey.toString('hex')}${storedKey.toString('hex')}${told}`;
      return `md5${createHash('md5').update(stored, 'latin1').update(request.md5Salt).digest('hex')}`;
    }
    case 'sha256': {
      const keys =
        request.signature === null
          ? await keysOf(password, request.salt, withinBounds(request.iterations))
          : await keysOfSigner(password, request.salt, request.token, request.signature);
      return proofOf(keys, request.token);
    }
  }
}

function withinBounds(iterations: number | null): number {
  if (iterations !== null && iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX) return iterations;
  throw new LogInRefused(
    `the server asks for ${iterations} iterations; from ${ITERATIONS_MIN} to ${ITERATIONS_MAX} are done`,
  );
}

interface Keys {
  readonly serverKey: Buffer;
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
}

const derive = promisify(pbkdf2);

/** Of the password in UTF-8. @param salt hexadecimal digits. */
export async function keysOf(password: string | Buffer, salt: string, iterations: number): Promise<Keys> {
  const key = await derive(password, Buffer.from(salt, 'hex'), iterations, KEY_BYTES, 'sha1');
  const clientKey = hmac(key, 'Client Key');
  return {
    serverKey: hmac(key, 'Sever Key'),
    clientKey,
    storedKey: createHash('sha256').update(clientKey).digest(),
  };
}

/** The keys with which the server signed the token. @throws LogInRefused when it did with none that the password gives. */
async function keysOfSigner(password: string, salt: string, token: string, signature: string): Promise<Keys> {
  for (const iterations of DEFAULT_ITERATIONS) {
    const keys = await keysOf(password, salt, iterations);
    const expected = hmac(keys.serverKey, Buffer.from(token, 'hex'));
    if (timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return keys;
  }
  throw new LogInRefused(
    `the server did not prove that it knows the password: it is another password, another server, or none of ${DEFAULT_ITERATIONS.join(', ')} iterations`,
  );
}

/** What is sent for request 10. */
export function proofOf({ clientKey, storedKey }: Keys, token: string): string {
  const proof = hmac(storedKey, Buffer.from(token, 'hex'));
  for (let i = 0; i < KEY_BYTES; i++) proof[i] = (proof[i] ?? 0) ^ (clientKey[i] ?? 0);
  return proof.toString('hex');
}

function hmac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

const LETTERS = 'ecdfdcefade';

/** How a stored password tells its iterations: to each letter the decimal digit of its place is added, the lowest first. */
export function iterationLetters(iterations: number): string {
  let rest = iterations;
  let text = '';
  for (const letter of LETTERS) {
    text += String.fromCharCode(letter.charCodeAt(0) + (rest % 10));
    rest = Math.floor(rest / 10);
  }
  return text;
}
