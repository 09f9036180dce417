import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buildSample } from '@sluice/contract/samples/build-sample';
import type { SampleLanguage } from '@sluice/contract/samples/languages';
import { type SampleRequest, sampleCall } from '@sluice/contract/samples/sample-call';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizationOf } from '../tools/demo/request-signature.ts';
import { runToEnd } from '../tools/servers/run-to-end.ts';

// Samples that need no package of the vendor beyond those of the project, run for real against a stand-in that writes down
// what comes. The stand-in knows no CDM; it only answers.

interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const accessKey = 'AKEXAMPLE';
const secretKey = "SK '$example";
const limitMs = 30_000;
const received: Received[] = [];
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers } = request;
  received.push({ method, target: url, headers, body: Buffer.concat(chunks).toString() });
  response.setHeader('content-type', 'application/json').end('{}');
});

let endpoint = '';
let folder = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Beside the packages, so that the Node.js samples find them.
  folder = await mkdtemp(path.join(import.meta.dirname, '.samples-'));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(request: SampleRequest, language: SampleLanguage): Promise<Received> {
  const { fileName, source } = buildSample(request, language);
  const file = path.join(folder, fileName);
  await writeFile(file, source);
  received.length = 0;
  const env = {
    PATH: process.env.PATH ?? '',
    HUAWEICLOUD_SDK_AK: accessKey,
    HUAWEICLOUD_SDK_SK: secretKey,
    X_AUTH_TOKEN: 'token "$x"',
    no_proxy: '*',
  };
  await runToEnd(language === 'curl' ? '/bin/sh' : process.execPath, [file], { env, limitMs });
  expect(received).toHaveLength(1);
  return received[0] ?? expect.fail();
}

const nasty = [
  '"',
  "'",
  '\\',
  '$(exit 1)',
  '`exit 1`',
  '\x24{x}',
  '%7B',
  'a/b',
  '?&=#',
  '\n',
  '\0',
  '数据 😀',
  '!',
  '~',
  ' ',
];

const calls: readonly (readonly [string, Omit<SampleRequest, 'endpoint' | 'signOn'>])[] = [
  ['an example', { operationId: 'CreateJob', region: 'r', projectId: 'p', parameters: {}, body: undefined }],
  ['no body', { operationId: 'ListClusters', region: 'r', projectId: 'p', parameters: {}, body: undefined }],
  [
    'hostile values',
    {
      operationId: 'StartJob',
      region: nasty.join('|'),
      projectId: nasty.join('|'),
      parameters: { cluster_id: nasty.join('|'), job_name: '..' },
      body: { variables: Object.fromEntries(nasty.map((text) => [text, text])) },
    },
  ],
  [
    'a hostile query',
    {
      operationId: 'ShowJobs',
      region: 'r',
      projectId: 'p',
      parameters: { job_name: 'all', filter: nasty.join('|'), jobType: 'x', page_no: '-1', page_size: '' },
      body: undefined,
    },
  ],
  [
    'a hostile header',
    {
      operationId: 'ModifyCluster',
      region: 'r',
      projectId: 'p',
      parameters: { 'X-Language': `"'\\$(exit 1)\`exit 1\`` },
      body: { email: "a'b" },
    },
  ],
];

const hasShellTools = ['curl', 'openssl'].every((name) => spawnSync(name, ['version']).error === undefined);
if (!hasShellTools) console.warn('Calls of curl samples skipped: curl and openssl are not both there');

describe.skipIf(!hasShellTools)(
  hasShellTools ? 'curl samples' : 'curl samples: SKIPPED, curl or openssl is not here',
  () => {
    for (const signOn of ['token', 'keys'] as const) {
      it.each(calls)(`with ${signOn} send %s`, { timeout: limitMs }, async (_what, given) => {
        const request: SampleRequest = { ...given, endpoint, signOn };
        const call = sampleCall(request);
        const { method, target, headers, body } = await run(request, 'curl');
        const search = new URLSearchParams(target.split('?')[1] ?? '');
        expect(method).toBe(call.operation.method);
        expect(target.split('?')[0]).toBe(call.path);
        expect([...search]).toEqual(call.query);
        for (const [name, value] of call.headers) expect(headers[name.toLowerCase()]).toBe(value);
        expect(body === '' ? undefined : JSON.parse(body)).toEqual(call.body);
        if (signOn === 'token') return expect(headers['x-auth-token']).toBe('token "$x"');
        const signed = { host: headers.host ?? '', 'x-sdk-date': String(headers['x-sdk-date']) };
        // The URL of the platform would take a name of two dots away.
        const url = { pathname: target.split('?')[0] ?? '', search: `?${search}` } as URL;
        expect(headers.authorization).toBe(
          authorizationOf({ method, url, headers: signed, body }, accessKey, secretKey),
        );
      });
    }
  },
);

describe.skipIf(!hasShellTools)('secrets of curl samples', () => {
  const key64 = `${'k'.repeat(60)}'\\66`;
  const keys = ['short', secretKey, key64, `${key64}!`, '密钥 6\\06%s'];

  /** Commands in whose place one stands that writes down its arguments, and then is the one it stands for. */
  async function watched(): Promise<{ readonly folder: string; arguments(): Promise<string> }> {
    const commands = await mkdtemp(path.join(folder, 'commands-'));
    const log = path.join(commands, 'arguments.txt');
    await writeFile(log, '');
    for (const name of ['curl', 'openssl', 'od', 'cut', 'date', 'cat']) {
      const real = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
      const text = `#!/bin/sh\nprintf '%s\\n' ${name} "$@" >> ${log}\nexec ${real} "$@"\n`;
      await writeFile(path.join(commands, name), text, { mode: 0o755 });
    }
    return { folder: commands, arguments: () => readFile(log, 'utf8') };
  }

  async function runWatched(signOn: 'keys' | 'token', secrets: Record<string, string>, shell: string) {
    const commands = await watched();
    const call: SampleRequest = {
      operationId: 'CreateLink',
      region: 'r',
      projectId: 'p',
      parameters: {},
      body: { links: [{ password: 'link-secret' }] },
      endpoint,
      signOn,
    };
    const file = path.join(folder, 'watched.sh');
    await writeFile(file, buildSample(call, 'curl').source);
    received.length = 0;
    const env = { PATH: `${commands.folder}:${process.env.PATH}`, no_proxy: '*', ...secrets };
    await runToEnd(shell, [file], { env, limitMs });
    return { told: await commands.arguments(), request: received[0] ?? expect.fail() };
  }

  const shells = ['sh', 'dash', 'bash'].filter((name) => spawnSync(name, ['-c', ':']).error === undefined);

  it.each(keys)('no program is given the key %j as an argument, and the signature is right', async (key) => {
    for (const shell of shells) {
      const secrets = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: key };
      const { told, request } = await runWatched('keys', secrets, shell);
      expect(told).toContain('Authorization: SDK-HMAC-SHA256');
      expect(told).not.toContain(key);
      expect(told).not.toContain('link-secret');
      const { method, target, headers, body } = request;
      const signed = { host: headers.host ?? '', 'x-sdk-date': String(headers['x-sdk-date']) };
      const url = { pathname: target, search: '' } as URL;
      expect(headers.authorization).toBe(
        authorizationOf({ method, url, headers: signed, body }, accessKey, key),
      );
    }
  });

  it('no program is given the token or the body as an argument', async () => {
    for (const shell of shells) {
      const { told, request } = await runWatched('token', { X_AUTH_TOKEN: 'tok "$(id)" en' }, shell);
      expect(told).toContain('--header');
      expect(told).not.toMatch(/tok |link-secret/);
      expect(request.headers['x-auth-token']).toBe('tok "$(id)" en');
      expect(JSON.parse(request.body)).toEqual({ links: [{ password: 'link-secret' }] });
    }
  });
});

describe('Node.js samples', () => {
  it.each(calls.filter(([what]) => !what.includes('values')))(
    'send %s',
    { timeout: limitMs },
    async (_what, given) => {
      const request: SampleRequest = { ...given, endpoint, signOn: 'keys' };
      const call = sampleCall(request);
      const { method, target, headers, body } = await run(request, 'nodejs');
      expect(method).toBe(call.operation.method);
      expect(target.split('?')[0]).toBe(call.path);
      expect([...new URLSearchParams(target.split('?')[1] ?? '')].sort()).toEqual([...call.query].sort());
      for (const [name, value] of call.headers) expect(headers[name.toLowerCase()]).toBe(value);
      expect(headers.authorization).toContain(`SDK-HMAC-SHA256 Access=${accessKey}, `);
      expect(body === '' ? undefined : JSON.parse(body)).toEqual(call.body);
    },
  );
});
