import { createHash, createHmac } from 'node:crypto';

const ALGORITHM = 'SDK-HMAC-SHA256';

export interface SignedParts {
  readonly method: string;
  readonly url: URL;
  /** All of them are signed; `x-sdk-date` must be among them. Names in any case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it goes over the wire. */
  readonly body: string;
}

/** The value of the Authorization header for a request, as the vendor's SDKs make it. */
export function authorizationOf(parts: SignedParts, accessKey: string, secretKey: string): string {
  const headers = Object.entries(parts.headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const date = headers.find(([name]) => name === 'x-sdk-date')?.[1];
  if (!date) throw new Error('a request is signed with its x-sdk-date');
  const signedHeaders = headers.map(([name]) => name).join(';');
  const canonical = [
    parts.method.toUpperCase(),
    canonicalPath(parts.url.pathname),
    canonicalQuery(parts.url.search),
    // The block ends in a line feed of its own, so an empty line follows.
    headers.map(([name, value]) => `${name}:${value}\n`).join(''),
    signedHeaders,
    sha256(parts.body),
  ].join('\n');
  const signature = createHmac('sha256', secretKey)
    .update([ALGORITHM, date, sha256(canonical)].join('\n'))
    .digest('hex');
  return `${ALGORITHM} Access=${accessKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

/** `20240102T030405Z` */
export function signingDate(time: Date): string {
  return time.toISOString().replace(/\.\d+|[-:]/g, '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Letters, digits and `-_.~` stay; everything else is percent-encoded in capitals. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(search: string): string {
  return [...new URLSearchParams(search)]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
