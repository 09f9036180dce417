import { timingSafeEqual } from 'node:crypto';
import {
  canonicalHeaders,
  canonicalQueries,
  canonicalUri,
  everyPathForm,
  isPlainPath,
  type PathForm,
  splitTarget,
  toBinary,
} from '@sluice/contract/signing/canonical-request';
import type { SignatureClaim } from './authorization-header.ts';
import type { RawRequest } from './caller.ts';

/** How far X-Sdk-Date may lie from the server's clock, both ways. */
export const signatureClockSkewMs = 15 * 60 * 1000;

export const unsignedPayload = 'UNSIGNED-PAYLOAD';

export type SignatureVerdict =
  | { readonly isGenuine: true; readonly pathForm: PathForm }
  | {
      readonly isGenuine: false;
      /**
       * `date`: X-Sdk-Date is missing, malformed, not among the signed headers, or not the day of the credential.
       * `expired`: outside the clock window. `payload`: the announced hash is not the body's, or is no hash.
       */
      readonly reason: 'date' | 'expired' | 'payload' | 'mismatch';
      /** As the server built it, so that a user can find the difference. Holds header values: mask before showing. */
      readonly canonicalRequest: string;
    };

/**
 * Checks a signature. Pure: no store, no clock, no state.
 * @param sk the secret that belongs to the claim's AK, or any other text when the AK is unknown: the work is the same.
 * @param now Unix milliseconds.
 * @param pathForms canonical forms of the path to accept. All of them by default; `['decoded']` is the strict choice. They
 *   differ only for names with blanks, quotes, brackets or percent signs.
 */
export function verifySignature(
  request: RawRequest,
  claim: SignatureClaim,
  sk: string,
  now: number,
  pathForms: readonly PathForm[] = everyPathForm,
): SignatureVerdict {
  const { scheme, signedHeaders } = claim;
  const { path, query } = splitTarget(request.target);
  const sdkDate = request.headers['x-sdk-date']?.trim() ?? '';
  const bodyHash = scheme.hash(request.body);
  const payload = payloadHash(request.headers[scheme.contentHashHeader], bodyHash);
  const queries = canonicalQueries(query);
  const tail = `${canonicalHeaders(signedHeaders, request.headers)}\n${toBinary(signedHeaders)}\n${payload.literal}`;

  let fit: PathForm | null = null;
  let shown = '';
  const tried = new Set<string>();
  for (const form of isPlainPath(path) ? pathForms.slice(0, 1) : pathForms) {
    const uri = canonicalUri(path, form);
    for (const canonicalQuery of queries) {
      const canonicalRequest = `${request.method.toUpperCase()}\n${uri}\n${canonicalQuery}\n${tail}`;
      if (shown === '') shown = canonicalRequest;
      if (tried.has(canonicalRequest)) continue;
      tried.add(canonicalRequest);
      const expected = scheme.sign(sk, claim.ak, claim.scope, sdkDate, scheme.hash(canonicalRequest));
      if (isEqual(expected, claim.signature)) fit ??= form;
    }
  }

  const refuse = (reason: 'date' | 'expired' | 'payload' | 'mismatch'): SignatureVerdict => ({
    isGenuine: false,
    reason,
    canonicalRequest: Buffer.from(shown, 'latin1').toString('utf8'),
  });
  const signedAt = parseSdkDate(sdkDate);
  const isDateSigned = signedHeaders.toLowerCase().split(';').includes('x-sdk-date');
  if (signedAt === null || !isDateSigned) return refuse('date');
  if (claim.scope !== null && claim.scope.date !== sdkDate.slice(0, 8)) return refuse('date');
  if (Math.abs(now - signedAt) > signatureClockSkewMs) return refuse('expired');
  if (!payload.isTrue) return refuse('payload');
  return fit === null ? refuse('mismatch') : { isGenuine: true, pathForm: fit };
}

/**
 * The last line of the canonical request. An announced hash is signed literally, so it must also be compared with the body:
 * otherwise whoever saw a request could add the header with the old hash and swap the body.
 */
function payloadHash(announced: string | undefined, bodyHash: string): { literal: string; isTrue: boolean } {
  const literal = toBinary(announced?.trim() ?? '');
  if (literal === '') return { literal: bodyHash, isTrue: true };
  return { literal, isTrue: literal === unsignedPayload || isEqual(literal.toLowerCase(), bodyHash) };
}

/** `YYYYMMDDTHHMMSSZ` to Unix milliseconds; null when it is no such date. */
export function parseSdkDate(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(iso);
  // 31 February parses as 3 March; such a date is refused.
  return Number.isNaN(time) || new Date(time).toISOString() !== iso ? null : time;
}

/** Constant time in the content; the length is no secret. */
function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
