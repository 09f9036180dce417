import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { connect as dialTls, TLSSocket } from 'node:tls';
import type { Connection } from '@sluice/core/connector/contract';
import { testHost } from '@sluice/core/contract-suite/fixture';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ServerKind } from '../../tools/servers/running-server.ts';
import { ThrowAwayAuthority } from './certificates.ts';
import { type LinkChanges, openLink } from './links.ts';
import { OptionalServers, SERVERS_START_LIMIT_MS } from './optional-server.ts';
import { LOCKED_USER, PASSWORD, type SecuredServer } from './secured-server.ts';
import { TcpProxy } from './tcp-proxy.ts';

const WAIT_MS = 1_000;
/** On top of a link's own limit. */
const SLACK_MS = 9_000;

const authority = new ThrowAwayAuthority('Right authority');
const stranger = new ThrowAwayAuthority('Wrong authority');
// Not for 127.0.0.2, which the servers listen on as well.
const tls = authority.issue(['localhost', '127.0.0.1']);

const locked: LinkChanges = { user: LOCKED_USER, password: PASSWORD };

const servers = new OptionalServers();
const open: Connection[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});
afterAll(() => servers.stop());

describe.each<ServerKind>(['postgres', 'mariadb', 'mysql'])('TLS to %s', (kind) => {
  let secured: SecuredServer;
  beforeAll(() => servers.start(kind, tls), SERVERS_START_LIMIT_MS);
  const test = (name: string, work: () => Promise<void>) =>
    servers.test([kind], name, async () => {
      secured = servers.get(kind);
      await work();
    });

  const isPostgres = kind === 'postgres';
  const mode = {
    none: isPostgres ? { sslmode: 'require' } : { sslMode: 'REQUIRED' },
    authority: isPostgres ? { sslmode: 'verify-ca' } : { sslMode: 'VERIFY_CA' },
    full: isPostgres ? { sslmode: 'verify-full' } : { sslMode: 'VERIFY_IDENTITY' },
  };
  const trust = (given: ThrowAwayAuthority) => ({ sslrootcert: given.certificate });
  const seconds = (ms: number) => String(isPostgres ? ms / 1000 : ms);

  async function check(changes: LinkChanges): Promise<void> {
    const link = await openLink(secured.server, testHost().host, { ...locked, ...changes });
    open.push(link);
    await link.check();
  }

  test('useSSL verifies the authority and the name', async () => {
    await check({ host: 'localhost', useSsl: true, properties: trust(authority) });
    await check({ host: '127.0.0.1', useSsl: true, properties: trust(authority) });
  });

  test('the host that was asked for must be in the certificate, also when it is an address', async () => {
    await expect(
      check({ host: '127.0.0.2', properties: { ...mode.full, ...trust(authority) } }),
    ).rejects.toMatchObject({
      code: 'Cdm.0901',
      retry: false,
      facts: { cause: expect.stringMatching(/TLS: .*127\.0\.0\.2/) },
    });
    // The same certificate, when nobody asks for the name.
    await check({ host: '127.0.0.2', properties: { ...mode.authority, ...trust(authority) } });
  });

  test('a certificate of another authority is refused, with every mode that verifies', async () => {
    for (const properties of [mode.full, mode.authority]) {
      for (const trusted of [trust(stranger), {}]) {
        await expect(
          check({ host: '127.0.0.1', properties: { ...properties, ...trusted } }),
        ).rejects.toMatchObject({
          code: 'Cdm.0901',
          retry: false,
          facts: { cause: expect.stringMatching(/TLS: .*certificate/) },
        });
      }
    }
    await check({ host: '127.0.0.1', properties: mode.none });
  });

  test('a server that wants TLS refuses a link without', async () => {
    await expect(check({})).rejects.toMatchObject({
      code: 'Cdm.0950',
      ...(isPostgres ? { facts: { cause: expect.stringContaining('no encryption') } } : {}),
    });
    if (isPostgres) return;
    await secured.query('SET GLOBAL require_secure_transport = ON');
    try {
      const plain = check({ user: secured.server.user, password: secured.server.password });
      // MariaDB says no more than that access is denied.
      await expect(plain).rejects.toMatchObject(
        kind === 'mariadb'
          ? { code: 'Cdm.0950' }
          : { code: 'Cdm.0901', facts: { cause: expect.stringContaining('require_secure_transport') } },
      );
    } finally {
      await secured.query('SET GLOBAL require_secure_transport = OFF');
    }
  });

  test('a link that wants TLS refuses a server without', async () => {
    // What a server says that has no TLS: PostgreSQL by one letter, the others by their greeting.
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (isPostgres) socket.on('data', () => socket.write('N'));
      else socket.write(greetingWithoutTls());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const link = await openLink({ ...secured.server, port }, testHost().host, {
        ...locked,
        properties: mode.none,
      });
      open.push(link);
      await expect(link.check()).rejects.toMatchObject({
        code: 'Cdm.0901',
        facts: { cause: expect.stringMatching(/TLS: .*not support/) },
      });
    } finally {
      server.close();
    }
  });

  test('a peer that falls silent under TLS ends the wait for it', async () => {
    const proxy = await TcpProxy.start(secured.server);
    try {
      const through = { ...secured.server, port: proxy.port };
      const link = await openLink(through, testHost().host, {
        ...locked,
        properties: {
          ...mode.full,
          ...trust(authority),
          socketTimeout: seconds(WAIT_MS),
          connectTimeout: seconds(WAIT_MS),
        },
      });
      open.push(link);
      await link.check();
      const source = link.source({
        'fromJobConfig.schemaName': secured.schema,
        'fromJobConfig.tableName': 'silent',
      });
      await secured.query(`CREATE TABLE ${secured.schema}.silent (id int PRIMARY KEY)`);
      await source.describe();
      proxy.freeze();
      const start = performance.now();
      // Another table: what is known of the first one is not asked for again.
      const other = link.source({
        'fromJobConfig.schemaName': secured.schema,
        'fromJobConfig.tableName': 'never_seen',
      });
      await expect(other.describe()).rejects.toMatchObject({
        code: expect.stringMatching(/^Cdm\.09/),
        retry: true,
      });
      expect(performance.now() - start).toBeLessThan(WAIT_MS + SLACK_MS);
    } finally {
      await proxy.stop();
    }
  });
});

describe('channel binding', () => {
  const name = 'a man in the middle with a certificate of his own cannot pass the log-in on';
  servers.test(['postgres'], name, async () => {
    const postgres = servers.get('postgres');
    const middle = stranger.issue(['127.0.0.1']);
    const proxy = createServer((link) => {
      const upstream = dial(postgres.server.port, postgres.server.host);
      for (const socket of [link, upstream]) socket.on('error', () => undefined);
      // Both ask for TLS in the clear, and are answered with one letter.
      link.once('data', (request: Buffer) => {
        upstream.write(request);
        upstream.once('data', (answer: Buffer) => {
          link.write(answer);
          const inner = new TLSSocket(link, { isServer: true, key: middle.key, cert: middle.certificate });
          const outer = dialTls({ socket: upstream, rejectUnauthorized: false });
          for (const socket of [inner, outer]) socket.on('error', () => undefined);
          inner.pipe(outer).pipe(inner);
        });
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    try {
      const { port } = proxy.address() as AddressInfo;
      const through = { ...postgres.server, port };
      const attempt = async (properties: Record<string, string>) => {
        const link = await openLink(through, testHost().host, {
          ...locked,
          properties: { sslmode: 'require', ...properties },
        });
        open.push(link);
        await link.check();
      };
      await attempt({ channelBinding: 'disable' });
      await expect(attempt({})).rejects.toMatchObject({
        code: expect.stringMatching(/^Cdm\.09[05]/),
        facts: { cause: expect.stringMatching(/channel binding/i) },
      });
    } finally {
      proxy.close();
    }
  });
});

/** The first packet of a server of the MySQL family whose capabilities lack CLIENT_SSL. */
function greetingWithoutTls(): Buffer {
  const capabilities = 0x0008_a20d;
  const body = Buffer.concat([
    Buffer.from([10]),
    Buffer.from('8.0.0\0'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0'),
    Buffer.from([capabilities & 0xff, (capabilities >> 8) & 0xff, 45, 2, 0]),
    Buffer.from([(capabilities >> 16) & 0xff, 0, 21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0'),
    Buffer.from('mysql_native_password\0'),
  ]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]);
}
