import { createHmac, getHashes, hash, hkdfSync } from 'node:crypto';

/** The scope that a derived key is bound to. */
export interface CredentialScope {
  /** `YYYYMMDD`; must be the day of X-Sdk-Date. */
  readonly date: string;
  /** The scope as it stands in Credential, after the AK: it is a line of the string to sign. */
  readonly line: string;
}

/** One way to sign. The canonical request is the same for all; hash, key and string to sign differ. */
export interface SigningScheme {
  readonly algorithm: string;
  readonly credential: 'Access' | 'Credential';
  /** Header that may carry the hash of the body, or UNSIGNED-PAYLOAD. */
  readonly contentHashHeader: string;
  /** @param parts what stands after the AK in Credential. @returns null when the scheme knows no such scope. */
  readScope(parts: readonly string[]): CredentialScope | null;
  /** Hash in lower-case hex. Text is taken as one byte per character. */
  hash(data: string | Uint8Array): string;
  /** @param canonicalHash hash of the canonical request, hex. @returns the signature in lower-case hex. */
  sign(sk: string, ak: string, scope: CredentialScope | null, sdkDate: string, canonicalHash: string): string;
}

type HashName = 'sha256' | 'sm3';

/** Of nearly every request the body has no bytes. */
const digestHex = (name: HashName) => {
  const ofNothing = hash(name, '', 'hex');
  return (data: string | Uint8Array) =>
    data.length === 0
      ? ofNothing
      : hash(name, typeof data === 'string' ? Buffer.from(data, 'latin1') : data, 'hex');
};

const hmacHex = (name: HashName, key: string | Uint8Array, text: string) =>
  createHmac(name, key).update(text, 'utf8').digest('hex');

/** The SK itself is the key: no date, no region. All SDKs by default (SHA-256) or on request (SM3). */
function direct(algorithm: string, name: HashName, contentHashHeader: string): SigningScheme {
  return {
    algorithm,
    credential: 'Access',
    contentHashHeader,
    readScope: () => null,
    hash: digestHex(name),
    sign: (sk, _ak, _scope, sdkDate, canonicalHash) =>
      hmacHex(name, sk, `${algorithm}\n${sdkDate}\n${canonicalHash}`),
  };
}

const derivedKeyBytes = 32;

/** Key from HKDF over date, region and service, used as hex text. SDKs with a "derived predicate". */
const v11: SigningScheme = {
  algorithm: 'V11-HMAC-SHA256',
  credential: 'Credential',
  contentHashHeader: 'x-sdk-content-sha256',
  readScope: (parts) => (parts.length === 3 ? scopeOf(parts) : null),
  hash: digestHex('sha256'),
  sign(sk, ak, scope, sdkDate, canonicalHash) {
    const info = scope?.line ?? '';
    const key = Buffer.from(hkdfSync('sha256', sk, ak, info, derivedKeyBytes)).toString('hex');
    return hmacHex('sha256', key, `V11-HMAC-SHA256\n${sdkDate}\n${info}\n${canonicalHash}`);
  },
};

const scopeTerminator = 'sdk_request';

/** Key from a chain of HMACs over date, region, service. Open Telekom Cloud's Go library; region and service may be empty. */
const scoped: SigningScheme = {
  algorithm: 'SDK-HMAC-SHA256',
  credential: 'Credential',
  contentHashHeader: 'x-sdk-content-sha256',
  readScope: (parts) => (parts.length === 4 && parts[3] === scopeTerminator ? scopeOf(parts) : null),
  hash: digestHex('sha256'),
  sign(sk, _ak, scope, sdkDate, canonicalHash) {
    const line = scope?.line ?? '';
    let key: Uint8Array = Buffer.from(`SDK${sk}`, 'utf8');
    for (const part of line.split('/')) key = createHmac('sha256', key).update(part, 'utf8').digest();
    return hmacHex('sha256', key, `SDK-HMAC-SHA256\n${sdkDate}\n${line}\n${canonicalHash}`);
  },
};

function scopeOf(parts: readonly string[]): CredentialScope | null {
  const date = parts[0] ?? '';
  return /^\d{8}$/.test(date) ? { date, line: parts.join('/') } : null;
}

const schemes: readonly SigningScheme[] = [
  direct('SDK-HMAC-SHA256', 'sha256', 'x-sdk-content-sha256'),
  scoped,
  v11,
  // A Node built against a restricted OpenSSL has no SM3; such a request is then refused as unsupported.
  ...(getHashes().includes('sm3') ? [direct('SDK-HMAC-SM3', 'sm3', 'x-sdk-content-sm3')] : []),
];

/** @returns the scheme of this name and credential form, or null when it is not supported. */
export function findScheme(algorithm: string, credential: SigningScheme['credential']): SigningScheme | null {
  return schemes.find((s) => s.algorithm === algorithm && s.credential === credential) ?? null;
}
