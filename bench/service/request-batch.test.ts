import { expect, it } from 'vitest';
import { parseAuthorization } from '../../packages/server/src/identity/authorization-header.ts';
import { verifySignature } from '../../packages/server/src/identity/verify-signature.ts';
import { PreparedRequests, type SignOn } from './request-batch.ts';

const sk = 'secret';
const batch = (signOn: SignOn) => ({
  signOn,
  paths: ['/v1.1/p/a/status', '/v1.1/p/b/status'],
  projectId: 'p',
  token: 't',
  accessKey: 'AK',
  secretKey: sk,
});

/** What the server makes of a request's bytes. */
function verdict(bytes: Buffer, now: number): boolean {
  const [first = '', ...lines] = bytes.toString('latin1').split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.filter((line) => line !== '').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
  );
  const parsed = parseAuthorization(headers.authorization);
  if (parsed.kind !== 'claim') return false;
  return verifySignature({ method, target, headers, body: Buffer.alloc(0) }, parsed.claim, sk, now).isGenuine;
}

it('signs what each client asks for, anew each second', () => {
  const requests = new PreparedRequests(batch('ak-sk'), 'h', 3, 1_000);
  const now = Date.now();
  const seen = new Set<string>();
  for (const at of [now, now + 1_000]) {
    for (const client of [0, 1]) {
      const bytes = requests.at(client, at);
      expect(verdict(bytes, at)).toBe(true);
      expect(requests.at(client, at)).toBe(bytes);
      seen.add(bytes.toString());
    }
  }
  expect(seen.size).toBe(4);
});

it('of questions that are signed anew no two are alike', () => {
  const requests = new PreparedRequests(batch('ak-sk-anew'), 'h', 1, 1_000);
  const bytes = Array.from({ length: 3_000 }, () => requests.at(0, Date.now()));
  expect(new Set(bytes.map(String)).size).toBe(bytes.length);
  expect(verdict(bytes[2_999] as Buffer, Date.now())).toBe(true);
});

it('carries a token, or nothing', () => {
  expect(new PreparedRequests(batch('token'), 'h', 1, 0).at(0, 0).toString()).toContain(
    'x-auth-token: t\r\n',
  );
  expect(new PreparedRequests(batch('none'), 'h', 1, 0).at(0, 0).toString()).not.toMatch(
    /token|authorization/,
  );
});
