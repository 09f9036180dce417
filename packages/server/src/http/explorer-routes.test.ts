import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExplorerBundle } from './explorer-bundle.ts';
import { addExplorerRoutes } from './explorer-routes.ts';
import { sampleApp } from './sample-app.ts';

let folder: string;
let app: FastifyInstance;
const script = `export const text = '${'x'.repeat(4_000)}';`;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-explorer-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(path.join(folder, 'assets', 'a-1.js'), script);
  await writeFile(path.join(folder, '.sources'), 'hash');
  app = Fastify();
  addExplorerRoutes(app, await readExplorerBundle(folder));
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the page', () => {
  it('is served with a policy that lets it talk to its own server alone', async () => {
    const { statusCode, headers, body } = await app.inject('/explorer');
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '<!doctype html><title>page</title>' });
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy.join()).not.toMatch(/unsafe|https?:|\*/);
  });

  it('is not sent again to who has it', async () => {
    const { headers } = await app.inject('/explorer');
    const again = await app.inject({ url: '/explorer', headers: { 'if-none-match': `W/${headers.etag}` } });
    expect({ status: again.statusCode, body: again.body }).toEqual({ status: 304, body: '' });
    const other = await app.inject({ url: '/explorer', headers: { 'if-none-match': '"other"' } });
    expect(other.statusCode).toBe(200);
  });

  it('says in both languages when there is none', async () => {
    const bare = Fastify();
    addExplorerRoutes(bare, await readExplorerBundle(path.join(folder, 'nothing')));
    const { statusCode, headers, body } = await bare.inject('/explorer');
    expect(statusCode).toBe(503);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain('The API Explorer has not been bundled.');
    expect(body).toContain('API Explorer 尚未打包');
    expect((await bare.inject('/explorer/assets/a-1.js')).statusCode).toBe(404);
    await bare.close();
  });
});

describe('its assets', () => {
  it('may be kept for ever, and come in gzip to who takes it', async () => {
    const plain = await app.inject('/explorer/assets/a-1.js');
    expect(plain.body).toBe(script);
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    const zipped = await app.inject({
      url: '/explorer/assets/a-1.js',
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(script);
    const refused = await app.inject({
      url: '/explorer/assets/a-1.js',
      headers: { 'accept-encoding': 'gzip;q=0' },
    });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it.each(['a-2.js', '..%2Findex.html', '..%2F.sources', '__proto__', ''])(
    'are no other files: %s',
    async (name) => {
      expect((await app.inject(`/explorer/assets/${name}`)).statusCode).toBe(404);
    },
  );
});

it('refuses a folder that holds something else', async () => {
  await writeFile(path.join(folder, 'assets', 'b.php'), '');
  await expect(readExplorerBundle(folder)).rejects.toThrow('b.php is no part of a bundle');
  await rm(path.join(folder, 'assets', 'b.php'));
});

it('stands in the real application beside answers that are all JSON', async () => {
  const sample = await sampleApp();
  const page = await sample.app.inject('/explorer');
  expect({ status: page.statusCode, type: page.headers['content-type'] }).toEqual({
    status: 503,
    type: 'text/html; charset=utf-8',
  });
  expect(page.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  const moved = await sample.app.inject('/explorer/');
  expect({ status: moved.statusCode, to: moved.headers.location }).toEqual({
    status: 308,
    to: '../explorer',
  });
  const none = await sample.app.inject('/explorer/assets/none.js');
  expect({ status: none.statusCode, type: none.headers['content-type'] }).toEqual({
    status: 404,
    type: 'application/json',
  });
  await sample.close();
});
