import { createHash, createHmac } from 'node:crypto';
import type { RawRequest } from './caller.ts';

export interface UnsignedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Signs as a plain client does, for tests: written apart from the verifier, for targets that need no encoding.
 * @param signedAt Unix milliseconds.
 */
export function signRequest(ak: string, sk: string, signedAt: number, request: UnsignedRequest): RawRequest {
  const date = new Date(signedAt).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = { host: 'localhost', ...request.headers, 'x-sdk-date': date };
  const names = Object.keys(headers).toSorted();
  const [path = '/', query = ''] = request.target.split('?');
  const body = Buffer.from(request.body ?? '', 'utf8');
  const canonical = [
    request.method,
    path.endsWith('/') ? path : `${path}/`,
    query.split('&').toSorted().join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const signature = createHmac('sha256', sk).update(`SDK-HMAC-SHA256\n${date}\n${digest}`).digest('hex');
  headers.authorization = `SDK-HMAC-SHA256 Access=${ak}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { method: request.method, target: request.target, headers, body };
}
