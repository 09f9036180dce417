import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { download } from './download.ts';
import { Egress } from './egress.ts';
import { downloadLimits } from './limits.ts';

let server: Server;
let port = 0;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    switch (request.url) {
      case '/map.csv':
        response.end('10.0.0.1,Shenzhen\n');
        return;
      case '/moved':
        response.writeHead(302, { location: '/map.csv' }).end();
        return;
      case '/endless': {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
        };
        response.on('drain', more);
        more();
        return;
      }
      default:
        response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const anywhere = new Egress({ allow: [], deny: [] }, async () => ['127.0.0.1']);
const signal = new AbortController().signal;
const get = (path: string, egress = anywhere, host = 'files.example') =>
  download(`http://${host}:${port}${path}`, (name) => egress.resolve(name), signal);

test('a file is fetched from the address that was checked', async () => {
  expect(new TextDecoder().decode(await get('/map.csv'))).toBe('10.0.0.1,Shenzhen\n');
});

test.each(['files.example', '127.0.0.1', 'localhost'])(
  'nothing is asked at an address that is not allowed: %s',
  async (host) => {
    const before = asked.length;
    const closed = new Egress({ allow: [], deny: ['127.0.0.0/8', '::1/128'] }, async () => ['127.0.0.1']);
    await expect(get('/map.csv', closed, host)).rejects.toMatchObject({ code: 'Cdm.0941' });
    expect(asked.length).toBe(before);
  },
);

test.each([
  ['/moved', /answers 302/],
  ['/nothing', /answers 404/],
  ['/endless', new RegExp(`larger than ${downloadLimits.bytesMax}`)],
])('%s is refused', async (path, why) => {
  await expect(get(path)).rejects.toMatchObject({
    code: 'Cdm.0233',
    facts: { cause: expect.stringMatching(why) },
  });
});

test.each(['file:///etc/passwd', 'ftp://files.example/x', 'nothing', 'http://ada:secret@files.example/'])(
  '%s is no address to fetch from',
  async (address) => {
    const error: unknown = await download(address, (name) => anywhere.resolve(name), signal).catch((e) => e);
    expect(error).toMatchObject({ code: 'Cdm.0233' });
  },
);

test('it ends with the task', async () => {
  const stopper = new AbortController();
  const fetching = download(
    `http://files.example:${port}/endless`,
    (name) => anywhere.resolve(name),
    stopper.signal,
  );
  stopper.abort(new Error('stopped'));
  await expect(fetching).rejects.toThrow('stopped');
});
