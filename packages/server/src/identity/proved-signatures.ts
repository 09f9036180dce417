import type { RawRequest } from './caller.ts';
import { parseSdkDate, signatureClockSkewMs } from './verify-signature.ts';

/** Requests remembered; the oldest is forgotten first. A crowd asks the same question within the second of its date. */
const requestsMax = 2_048;
/** Characters of a request that is remembered: 4 MiB in all. */
const requestLengthMax = 2 * 1024;

interface Proved<K> {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly headerCount: number;
  /** Unix milliseconds. */
  readonly signedAt: number;
  readonly key: K;
}

/**
 * Requests without a body whose signature was found genuine, so that clients of one key which ask the same thing within
 * the same second cost one verification. A signature depends on nothing but the request, the key and the clock: the request is
 * compared in full, the clock window is checked each time, and whether the key is still good is for the caller to ask.
 */
export class ProvedSignatures<K> {
  readonly #proved = new Map<string, Proved<K>>();

  remember(request: RawRequest, key: K): void {
    const { authorization } = request.headers;
    const signedAt = parseSdkDate(request.headers['x-sdk-date']?.trim() ?? '');
    if (authorization === undefined || signedAt === null || !isPlain(request)) return;
    const names = Object.keys(request.headers);
    let length = request.target.length;
    for (const name of names) length += name.length + (request.headers[name]?.length ?? 0);
    if (length > requestLengthMax) return;
    const { target, headers } = request;
    this.#proved.set(authorization, { target, headers, headerCount: names.length, signedAt, key });
    if (this.#proved.size <= requestsMax) return;
    const oldest = this.#proved.keys().next();
    if (oldest.done !== true) this.#proved.delete(oldest.value);
  }

  /** The key with which just this request was proved before; null: it must be verified. */
  keyOf(request: RawRequest, now: number): K | null {
    const known = this.#proved.get(request.headers.authorization ?? '');
    if (known === undefined || known.target !== request.target || !isPlain(request)) return null;
    if (Math.abs(now - known.signedAt) > signatureClockSkewMs) return null;
    let count = 0;
    for (const name in request.headers) {
      if (request.headers[name] !== known.headers[name]) return null;
      count += 1;
    }
    return count === known.headerCount ? known.key : null;
  }

  forgetAll(): void {
    this.#proved.clear();
  }
}

function isPlain(request: RawRequest): boolean {
  return request.method === 'GET' && request.body.length === 0;
}
