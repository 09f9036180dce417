import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAuthorization, type SignatureClaim } from './authorization-header.ts';
import type { RawRequest } from './caller.ts';
import { type SigningVector, signingVectors, vectorRequest } from './test-vectors/signing-vectors.ts';
import {
  parseSdkDate,
  type SignatureVerdict,
  signatureClockSkewMs,
  unsignedPayload,
  verifySignature,
} from './verify-signature.ts';

const minuteMs = 60_000;

function claimOf(request: RawRequest): SignatureClaim {
  const parsed = parseAuthorization(request.headers.authorization);
  if (parsed.kind !== 'claim') throw new Error(`Authorization is ${parsed.kind}`);
  return parsed.claim;
}

function signedAt(vector: SigningVector): number {
  const time = parseSdkDate(vectorRequest(vector).headers['x-sdk-date'] ?? '');
  if (time === null) throw new Error(`${vector.id} has no date`);
  return time;
}

/** What the server does with a request of this vector's user: a header that cannot be read counts as refused. */
function judge(vector: SigningVector, request: RawRequest, sk = vector.sk, now = signedAt(vector)): boolean {
  const parsed = parseAuthorization(request.headers.authorization);
  if (parsed.kind !== 'claim') return false;
  // The store would give another key, or none, for another AK.
  const secret = parsed.claim.ak === vector.ak ? sk : `${sk}-of-somebody-else`;
  return verifySignature(request, parsed.claim, secret, now).isGenuine;
}

describe('signatures of real clients', () => {
  it('has all thirty vectors', () => expect(signingVectors).toHaveLength(30));

  for (const vector of signingVectors) {
    it(`accepts ${vector.id}`, () => {
      const request = vectorRequest(vector);
      const verdict = verifySignature(request, claimOf(request), vector.sk, signedAt(vector));
      expect(verdict).toEqual({ isGenuine: true, pathForm: vector.path_form });
    });

    it(`builds the canonical request of ${vector.id}`, () => {
      const request = vectorRequest(vector);
      const forms = [vector.path_form];
      const verdict = verifySignature(request, claimOf(request), 'another key', signedAt(vector), forms);
      expect(verdict).toMatchObject({ reason: 'mismatch', canonicalRequest: vector.canonical_request });
    });
  }
});

// ── Mutations ───────────────────────────────────────────────────────────────────────────────────

interface Mutation {
  readonly what: string;
  readonly request: RawRequest;
  readonly sk?: string;
  readonly now?: number;
  /** Set when the rules say that this change must not matter, with the rule. */
  readonly harmlessBecause?: string;
}

const withHeader = (request: RawRequest, name: string, value: string | null): RawRequest => {
  const { [name]: _, ...rest } = request.headers;
  return { ...request, headers: value === null ? rest : { ...rest, [name]: value } };
};

/** Another character of the same kind, so that the text stays well formed. */
function other(char: string): string {
  if (/[0-9]/.test(char)) return char === '9' ? '0' : String(Number(char) + 1);
  return char === 'a' ? 'b' : 'a';
}

const replaceAt = (text: string, index: number) =>
  text.slice(0, index) + other(text.charAt(index)) + text.slice(index + 1);

/** Positions of plain letters and digits, away from percent escapes: changing one always changes the meaning. */
function plainPositions(text: string): number[] {
  const escaped = new Set<number>();
  for (const match of text.matchAll(/%[0-9A-Fa-f]{2}/g))
    for (let i = 0; i < 3; i += 1) escaped.add(match.index + i);
  return [...text].flatMap((char, i) => (/[A-Za-z0-9]/.test(char) && !escaped.has(i) ? [i] : []));
}

const spread = (positions: readonly number[]) =>
  [0, 0.25, 0.5, 0.75, 1].flatMap((part) => positions[Math.round(part * (positions.length - 1))] ?? []);

function* mutations(vector: SigningVector): Generator<Mutation> {
  const request = vectorRequest(vector);
  const claim = claimOf(request);
  const signed = claim.signedHeaders.split(';');
  const [path = '', query] = request.target.split('?');
  const tail = query === undefined ? '' : `?${query}`;

  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
    if (method !== request.method) yield { what: `method ${method}`, request: { ...request, method } };
  }

  for (const at of new Set(spread(plainPositions(path)))) {
    yield { what: `path at ${at}`, request: { ...request, target: replaceAt(path, at) + tail } };
  }
  yield { what: 'path with one more segment', request: { ...request, target: `${path}/x${tail}` } };
  yield { what: 'path with a doubled slash in front', request: { ...request, target: `/${path}${tail}` } };
  yield {
    what: 'path without its last segment',
    request: { ...request, target: path.replace(/\/[^/]*$/, '') + tail },
  };
  yield { what: 'path in other case', request: { ...request, target: path.replace('/v', '/V') + tail } };
  yield {
    what: 'path with a slash at the end',
    request: { ...request, target: `${path}/${tail}` },
    harmlessBecause: 'the canonical URI gets that slash anyway',
  };
  yield {
    what: 'path with a letter escaped',
    request: { ...request, target: path.replace('/v', '/%76') + tail },
    harmlessBecause: 'the path is decoded first',
  };

  const more = query ? `${query}&` : '';
  yield { what: 'query with one more pair', request: { ...request, target: `${path}?${more}added=1` } };
  yield { what: 'query with one more bare name', request: { ...request, target: `${path}?${more}added` } };
  yield {
    what: 'query with empty pairs',
    request: { ...request, target: `${path}?${more}&&` },
    harmlessBecause: 'empty pairs are dropped',
  };
  if (query !== undefined) {
    yield { what: 'query gone', request: { ...request, target: path } };
    for (const at of new Set(spread(plainPositions(query)))) {
      yield { what: `query at ${at}`, request: { ...request, target: `${path}?${replaceAt(query, at)}` } };
    }
    const pairs = query.split('&');
    yield {
      what: 'query with a pair twice',
      request: { ...request, target: `${path}?${query}&${pairs[0]}` },
    };
    if (pairs.length > 1) {
      yield {
        what: 'query less a pair',
        request: { ...request, target: `${path}?${pairs.slice(1).join('&')}` },
      };
      yield {
        what: 'query in reverse order',
        request: { ...request, target: `${path}?${pairs.toReversed().join('&')}` },
        harmlessBecause: 'pairs are sorted',
      };
    }
  }

  for (const name of Object.keys(request.headers)) {
    if (name === 'authorization') continue;
    const value = request.headers[name] ?? '';
    const rule = signed.includes(name) ? {} : { harmlessBecause: 'the header is not among the signed ones' };
    yield { what: `${name} changed`, request: withHeader(request, name, `${value}x`), ...rule };
    yield { what: `${name} shortened`, request: withHeader(request, name, value.slice(0, -1)), ...rule };
    yield { what: `${name} sent twice`, request: withHeader(request, name, `${value}, ${value}`), ...rule };
    yield { what: `${name} gone`, request: withHeader(request, name, null), ...rule };
    yield {
      what: `${name} with outer blanks`,
      request: withHeader(request, name, `  ${value}\t`),
      harmlessBecause: 'outer blanks are removed',
    };
  }
  yield {
    what: 'an unsigned header added',
    request: withHeader(request, 'x-added', '1'),
    harmlessBecause: 'the header is not among the signed ones',
  };

  const contentHeader = claim.scheme.contentHashHeader;
  const isUnsigned = request.headers[contentHeader] === unsignedPayload;
  const bodyRule = isUnsigned ? { harmlessBecause: 'UNSIGNED-PAYLOAD leaves the body out' } : {};
  const body = Buffer.from(request.body);
  yield {
    what: 'body with one more byte',
    request: { ...request, body: Buffer.concat([body, Buffer.from(' ')]) },
    ...bodyRule,
  };
  yield { what: 'another body', request: { ...request, body: Buffer.from('{"swapped":true}') }, ...bodyRule };
  if (body.length > 0) {
    yield { what: 'body gone', request: { ...request, body: Buffer.alloc(0) }, ...bodyRule };
    for (const at of new Set([0, body.length >> 1, body.length - 1])) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      yield { what: `body at ${at}`, request: { ...request, body: changed }, ...bodyRule };
    }
  }
  // The attack that comparing the announced hash prevents: keep the old hash in a header, swap the body.
  const oldHash = claim.scheme.hash(body);
  const swapped = { ...request, body: Buffer.from('{"swapped":true}') };
  yield { what: 'old hash announced, body swapped', request: withHeader(swapped, contentHeader, oldHash) };
  if (!isUnsigned) {
    yield { what: 'body declared unsigned', request: withHeader(swapped, contentHeader, unsignedPayload) };
    yield {
      what: 'a made-up payload word',
      request: withHeader(swapped, contentHeader, 'STREAMING-PAYLOAD'),
    };
    yield {
      what: 'the true hash announced',
      request: withHeader(request, contentHeader, oldHash),
      harmlessBecause: 'the announced hash is the one that was signed',
    };
  }

  const moment = signedAt(vector);
  yield { what: 'clock 15 min 1 s later', request, now: moment + signatureClockSkewMs + 1000 };
  yield { what: 'clock 15 min 1 s earlier', request, now: moment - signatureClockSkewMs - 1000 };
  yield { what: 'clock a day later', request, now: moment + 24 * 60 * minuteMs };
  yield {
    what: 'clock 15 min later',
    request,
    now: moment + signatureClockSkewMs,
    harmlessBecause: 'within the window',
  };
  yield {
    what: 'clock 15 min earlier',
    request,
    now: moment - signatureClockSkewMs,
    harmlessBecause: 'within the window',
  };
  const date = request.headers['x-sdk-date'] ?? '';
  yield {
    what: 'date a second later',
    request: withHeader(
      request,
      'x-sdk-date',
      date.replace(/\dZ$/, (z) => `${other(z.charAt(0))}Z`),
    ),
  };
  yield {
    what: 'date of another form',
    request: withHeader(request, 'x-sdk-date', new Date(moment).toISOString()),
  };

  const authorization = vector.authorization;
  const rewrite = (what: string, changed: string): Mutation => ({
    what,
    request: withHeader(request, 'authorization', changed),
  });
  for (const at of new Set([0, 31, 63])) {
    yield rewrite(
      `signature at ${at}`,
      authorization.replace(claim.signature, replaceAt(claim.signature, at)),
    );
  }
  yield rewrite('signature cut short', authorization.slice(0, -1));
  yield rewrite('signature with more behind it', `${authorization}0`);
  yield rewrite(
    'signature in capitals',
    authorization.replace(claim.signature, claim.signature.toUpperCase()),
  );
  yield rewrite('signature empty', authorization.replace(claim.signature, ''));
  yield rewrite('another AK', authorization.replace(vector.ak, replaceAt(vector.ak, 3)));
  yield rewrite(
    'another algorithm',
    authorization.replace(
      /^\S+/,
      claim.scheme.algorithm === 'SDK-HMAC-SM3' ? 'SDK-HMAC-SHA256' : 'SDK-HMAC-SM3',
    ),
  );
  yield rewrite('unsupported algorithm', authorization.replace(/^\S+/, 'SDK-ECDSA-P256-SHA256'));
  for (const name of signed) {
    const rest = signed.filter((n) => n !== name).join(';');
    yield rewrite(`${name} no longer signed`, authorization.replace(claim.signedHeaders, rest));
  }
  yield rewrite(
    'one more header signed',
    authorization.replace(claim.signedHeaders, `${claim.signedHeaders};x-added`),
  );
  if (signed.length > 1) {
    yield rewrite(
      'signed headers reordered',
      authorization.replace(claim.signedHeaders, signed.toReversed().join(';')),
    );
  }
  if (claim.scope !== null) {
    const { line, date: day } = claim.scope;
    yield rewrite('scope of another day', authorization.replace(line, line.replace(day, replaceAt(day, 7))));
    yield rewrite('scope with another region', authorization.replace(line, line.replace('/', '/x')));
    yield rewrite('scope with one more part', authorization.replace(line, `${line}/x`));
  }

  yield { what: 'key with a changed character', request, sk: replaceAt(vector.sk, 5) };
  yield { what: 'key with a blank behind', request, sk: `${vector.sk} ` };
  yield { what: 'empty key', request, sk: '' };
}

describe('mutated requests', () => {
  const counts = { mustFail: 0, harmless: 0 };
  const kindsPerVector = new Map<string, Set<string>>();

  for (const vector of signingVectors) {
    it(`refuses every change of ${vector.id} that the rules count, and no other`, () => {
      const kinds = new Set<string>();
      for (const mutation of mutations(vector)) {
        const accepted = judge(vector, mutation.request, mutation.sk, mutation.now);
        const isHarmless = mutation.harmlessBecause !== undefined;
        expect(accepted, `${mutation.what}${isHarmless ? ` (${mutation.harmlessBecause})` : ''}`).toBe(
          isHarmless,
        );
        counts[isHarmless ? 'harmless' : 'mustFail'] += 1;
        kinds.add(mutation.what.split(' ')[0] ?? '');
      }
      kindsPerVector.set(vector.id, kinds);
    });
  }

  it('tried enough of them, of every kind, on every vector', () => {
    expect(kindsPerVector.size).toBe(signingVectors.length);
    for (const kinds of kindsPerVector.values()) {
      for (const kind of [
        'method',
        'path',
        'query',
        'x-sdk-date',
        'body',
        'clock',
        'date',
        'signature',
        'key',
      ]) {
        expect(kinds).toContain(kind);
      }
    }
    console.info(
      `signature mutations: ${counts.mustFail} refused, ${counts.harmless} harmless by rule and accepted`,
    );
    expect(counts.mustFail).toBeGreaterThan(50 * signingVectors.length);
    expect(counts.harmless).toBeGreaterThan(5 * signingVectors.length);
  });
});

// ── What no vector covers ───────────────────────────────────────────────────────────────────────

const sk = 'A0B1C2';
const date = '20260102T030405Z';
const now = parseSdkDate(date) ?? 0;

/** Signs by hand what a client of the given habits would sign. */
function sign(
  canonicalUri: string,
  canonicalQuery: string,
  request: { target: string; body?: string; headers?: Record<string, string> },
): RawRequest {
  const headers: Record<string, string> = { ...request.headers, 'x-sdk-date': date };
  const names = Object.keys(headers).toSorted();
  const block = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const body = Buffer.from(request.body ?? '');
  const hash = headers['x-sdk-content-sha256'] ?? createHash('sha256').update(body).digest('hex');
  const canonical = ['GET', canonicalUri, canonicalQuery, block, names.join(';'), hash].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const signature = createHmac('sha256', sk).update(`SDK-HMAC-SHA256\n${date}\n${digest}`).digest('hex');
  headers.authorization = `SDK-HMAC-SHA256 Access=AK, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  // On the wire every byte is one character.
  for (const name of names) headers[name] = Buffer.from(headers[name] ?? '', 'utf8').toString('latin1');
  return { method: 'GET', target: request.target, headers, body };
}

const verify = (request: RawRequest): SignatureVerdict => verifySignature(request, claimOf(request), sk, now);

describe('canonical forms beyond the vectors', () => {
  it('accepts the raw path form after the others', () => {
    expect(verify(sign('/x/a%2541/', '', { target: '/x/a%41' }))).toEqual({
      isGenuine: true,
      pathForm: 'raw',
    });
  });

  it('leaves the lenient forms out when asked to', () => {
    const request = sign('/x/a%2541/', '', { target: '/x/a%41' });
    expect(verifySignature(request, claimOf(request), sk, now, ['decoded']).isGenuine).toBe(false);
  });

  it('keeps malformed escapes', () => {
    expect(verify(sign('/x/50%25/', '', { target: '/x/50%' })).isGenuine).toBe(true);
  });

  it('takes raw UTF-8 bytes in the path, as the C++ core sends them', () => {
    const wire = Buffer.from('/x/链', 'utf8').toString('latin1');
    expect(verify(sign('/x/%E9%93%BE/', '', { target: wire })).isGenuine).toBe(true);
  });

  it('takes signed header values that hold UTF-8 bytes', () => {
    expect(verify(sign('/x/', '', { target: '/x', headers: { 'x-note': '链接' } })).isGenuine).toBe(true);
  });

  it('reads a plus sign in the query as a blank, and in the path as itself', () => {
    expect(verify(sign('/a%2Bb/', 'q=a%20b', { target: '/a+b?q=a+b' })).isGenuine).toBe(true);
  });

  it('takes repeated names and a trailing ampersand', () => {
    expect(verify(sign('/x/', 'a=1&a=2', { target: '/x?a=2&a=1&' })).isGenuine).toBe(true);
  });

  it('takes either order where sorting before and after encoding differ', () => {
    for (const query of ['q=%3A&q=0', 'q=0&q=%3A']) {
      expect(verify(sign('/x/', query, { target: '/x?q=0&q=%3A' })).isGenuine).toBe(true);
    }
  });

  it('compares an announced hash with the body, in either case of letters', () => {
    const hash = createHash('sha256').update('{}').digest('hex');
    for (const announced of [hash, hash.toUpperCase()]) {
      const request = sign('/x/', '', {
        target: '/x',
        body: '{}',
        headers: { 'x-sdk-content-sha256': announced },
      });
      expect(verify(request).isGenuine).toBe(true);
      expect(verify({ ...request, body: Buffer.from('{"a":1}') })).toMatchObject({ reason: 'payload' });
    }
  });

  it('leaves the origin of an absolute target out', () => {
    const target = 'http://localhost:8080/x?a=1';
    expect(verify(sign('/x/', 'a=1', { target })).isGenuine).toBe(true);
  });

  it('holds a derived key to its day, even where the signature fits', () => {
    const vector = signingVectors.find((v) => v.id === 'node-v11-derived') as SigningVector;
    const request = vectorRequest(vector);
    const claim = claimOf(request);
    const at = signedAt(vector);
    const resign = (day: string): SignatureClaim => {
      const scope = { date: day, line: `${day}/cn-north-4/cdm` };
      const hash = claim.scheme.hash(vector.canonical_request);
      return {
        ...claim,
        scope,
        signature: claim.scheme.sign(vector.sk, vector.ak, scope, '20240102T030405Z', hash),
      };
    };
    expect(verifySignature(request, resign('20240102'), vector.sk, at).isGenuine).toBe(true);
    expect(verifySignature(request, resign('20240101'), vector.sk, at)).toMatchObject({ reason: 'date' });
  });

  it('needs x-sdk-date among the signed headers', () => {
    const request = vectorRequest(signingVectors[0] as SigningVector);
    const claim = { ...claimOf(request), signedHeaders: 'host' };
    expect(verifySignature(request, claim, 'x', 0)).toMatchObject({ reason: 'date' });
  });
});

describe('parseSdkDate', () => {
  it('takes the one form', () =>
    expect(parseSdkDate('20240102T030405Z')).toBe(Date.UTC(2024, 0, 2, 3, 4, 5)));
  for (const text of [
    '',
    '2024-01-02T03:04:05Z',
    '20240231T000000Z',
    '20240102T250000Z',
    '20240102T030405',
    '20240102T030405Z ',
  ]) {
    it(`refuses "${text}"`, () => expect(parseSdkDate(text)).toBeNull());
  }
});
