import { createHash, createHmac } from 'node:crypto';

interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function rawHeadersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) headers[(raw[at] ?? '').toLowerCase()] = raw[at + 1] ?? '';
  return headers;
}

/** Whether a request is signed with this secret key; written apart from the signer. */
export function verified({ method, target, headers, body }: SeenRequest, sk: string): boolean {
  const [, names = '', given = ''] =
    /SignedHeaders=([^,]+), Signature=([0-9a-f]+)/.exec(headers.authorization ?? '') ?? [];
  const [path = '', query = ''] = target.split('?');
  // Names in paths come back from their escapes and go into them again; an escaped slash is a slash.
  const uri = decodeURIComponent(path).split('/').map(encodeURIComponent).join('/');
  const canonical = [
    method,
    uri.endsWith('/') ? uri : `${uri}/`,
    query.split('&').toSorted().join('&'),
    ...names.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = `SDK-HMAC-SHA256\n${headers['x-sdk-date']}\n${digest}`;
  return names !== '' && createHmac('sha256', sk).update(text).digest('hex') === given;
}
