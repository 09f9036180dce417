import { canonicalHeaders, canonicalQueries, canonicalUri, splitTarget } from './canonical-request.ts';

/** Turns bytes into a keyed hash or a plain one, both in lower-case hex. */
export interface Hashing {
  hash(bytes: Uint8Array): Promise<string>;
  sign(text: string): Promise<string>;
}

const algorithm = 'SDK-HMAC-SHA256';

export interface RequestToSign {
  readonly method: string;
  /** Path and query as on the wire. */
  readonly target: string;
  /** All of them are signed, so `host` and `x-sdk-date` are among them. Names in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Empty when there is none. */
  readonly body: string;
}

export interface SignedRequest {
  /** Value of the header Authorization. */
  readonly authorization: string;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
}

/** Signs as the vendor's SDKs do by default: the secret key itself is the key, without date and region. */
export async function signRequest(
  request: RequestToSign,
  accessKey: string,
  key: Hashing,
): Promise<SignedRequest> {
  const headers = new Map(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const signedHeaders = [...headers.keys()].sort().join(';');
  const { path, query } = splitTarget(request.target);
  const canonicalRequest = [
    request.method.toUpperCase(),
    canonicalUri(path, 'decoded'),
    canonicalQueries(query)[0],
    canonicalHeaders(signedHeaders, Object.fromEntries(headers)),
    signedHeaders,
    await key.hash(new TextEncoder().encode(request.body)),
  ].join('\n');
  const digest = await key.hash(Uint8Array.from(canonicalRequest, (char) => char.charCodeAt(0)));
  const stringToSign = `${algorithm}\n${headers.get('x-sdk-date') ?? ''}\n${digest}`;
  const signature = await key.sign(stringToSign);
  return {
    authorization: `${algorithm} Access=${accessKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    canonicalRequest,
    stringToSign,
  };
}

/** `20240102T030405Z` */
export function signingDate(time: Date): string {
  return time.toISOString().replace(/\.\d+|[-:]/g, '');
}
