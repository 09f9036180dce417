import type { Dice } from './dice.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import type { FuzzWorld } from './fuzz-world.ts';

/** Bytes that are no proper request, or one in a form that libraries never send. */
export function rawRequest(dice: Dice, world: FuzzWorld): FuzzRequest {
  const path = `/v1.1/${world.projectId}/clusters`;
  const head = (first: string, ...more: string[]) => `${[first, 'Host: x', ...more].join('\r\n')}\r\n\r\n`;
  const token = `X-Auth-Token: ${world.token}`;
  const json = '{"jobs":[]}';
  const forms: readonly (() => readonly [string | Buffer, boolean])[] = [
    () => [Buffer.from(Array.from({ length: 1 + dice.below(400) }, () => dice.below(256))), true],
    () => ['GET\r\n\r\n', true],
    () => [head('GET / HTTP/9.9'), true],
    () => [head('FROB / HTTP/1.1'), true],
    () => [`GET ${path} HTTP/1.1\r\n\r\n`, true],
    () => [head(`GET ${path} HTTP/1.0`, token), true],
    () => [head(`GET ${path}\u0000 HTTP/1.1`, token), true],
    () => [Buffer.from(head(`GET ${path}/\u00ff\u00fe HTTP/1.1`, token), 'latin1'), false],
    () => [head(`GET ${path} HTTP/1.1`, `${token}\u0000`), true],
    () => [head(`GET ${path} HTTP/1.1`, 'Bad Header: 1'), true],
    () => [head(`GET ${path} HTTP/1.1`, 'Content-Length: -1'), true],
    () => [head(`GET ${path} HTTP/1.1`, 'Content-Length: 5', 'Content-Length: 6'), true],
    () => [head(`POST ${path} HTTP/1.1`, 'Content-Length: 5', 'Transfer-Encoding: chunked'), true],
    () => [`${head(`POST ${path} HTTP/1.1`, 'Transfer-Encoding: chunked')}zz\r\n`, true],
    () => [
      `${head(`POST ${path} HTTP/1.1`, token, 'Transfer-Encoding: chunked')}b\r\n${json}\r\n0\r\n\r\n`,
      false,
    ],
    () => [`${head(`POST ${path} HTTP/1.1`, token, 'Content-Length: 900')}${json}`, true],
    () => [head(`POST ${path} HTTP/1.1`, token, 'Content-Length: 99999999999'), true],
    () => [head(`GET ${path} HTTP/1.1`, `X-Long: ${'x'.repeat(120_000)}`), true],
    () => [head(`GET ${path} HTTP/1.1`, 'Upgrade: websocket', 'Connection: Upgrade', token), true],
    () => [head('CONNECT other.example:443 HTTP/1.1'), true],
    () => [head('OPTIONS * HTTP/1.1'), false],
    () => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', true],
    () => [Buffer.from('160301020001000', 'hex'), true],
  ];
  const [bytes, endsBehind] = dice.pick(forms)();
  return {
    operationId: null,
    method: 'RAW',
    target: '',
    headers: [],
    body: null,
    raw: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
    endsBehind,
  };
}
