import type { Connection } from '@sluice/core/connector/contract';
import { testHost } from '@sluice/core/contract-suite/fixture';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ServerKind } from '../../tools/servers/running-server.ts';
import { ThrowAwayAuthority } from './certificates.ts';
import { type LinkChanges, openLink } from './links.ts';
import { OptionalServers, SERVERS_START_LIMIT_MS } from './optional-server.ts';
import { PASSWORD, type SecuredServer } from './secured-server.ts';
import { TcpProxy } from './tcp-proxy.ts';

const authority = new ThrowAwayAuthority('Authority');
const tls = authority.issue(['127.0.0.1']);
const servers = new OptionalServers();
const open: Connection[] = [];
const kinds: readonly ServerKind[] = ['postgres', 'mariadb', 'mysql'];

beforeAll(async () => {
  for (const kind of kinds) await servers.start(kind, tls);
}, SERVERS_START_LIMIT_MS);
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});
afterAll(() => servers.stop());

async function check(secured: SecuredServer, changes: LinkChanges, port?: number): Promise<void> {
  const server = port === undefined ? secured.server : { ...secured.server, port };
  const link = await openLink(server, testHost().host, { password: PASSWORD, ...changes });
  open.push(link);
  await link.check();
}

const encrypted: LinkChanges = { useSsl: true, properties: { sslrootcert: authority.certificate } };
const wrong = { code: 'Cdm.0950', retry: false };

describe('PostgreSQL', () => {
  for (const [user, method] of [
    ['locked', 'SCRAM-SHA-256, bound to the certificate'],
    ['digest', 'MD5'],
    ['clear', 'the password in clear, over TLS'],
  ]) {
    servers.test(['postgres'], `signs in by ${method}`, async () => {
      const secured = servers.get('postgres');
      await check(secured, { user: String(user), ...encrypted });
      await expect(
        check(secured, { user: String(user), ...encrypted, password: 'another' }),
      ).rejects.toMatchObject(wrong);
    });
  }
});

describe('caching_sha2_password of MySQL', () => {
  const rsaKey = '-----BEGIN PUBLIC KEY-----';

  servers.test(
    ['mysql'],
    'in full over plain TCP with the public key, then by what the server remembers',
    async () => {
      const secured = servers.get('mysql');
      await secured.query(`CREATE USER sha2 IDENTIFIED WITH caching_sha2_password BY '${sqlPassword()}'`);
      await secured.query('GRANT ALL ON *.* TO sha2');
      const proxy = await TcpProxy.start(secured.server);
      try {
        for (const isRemembered of [false, true]) {
          proxy.reset();
          await check(secured, { user: 'sha2' }, proxy.port);
          expect(proxy.saw(rsaKey)).toBe(!isRemembered);
        }
        // Forgets them all.
        await secured.query('FLUSH PRIVILEGES');
        proxy.reset();
        await expect(check(secured, { user: 'sha2', password: 'another' }, proxy.port)).rejects.toMatchObject(
          wrong,
        );
        expect(proxy.saw(rsaKey)).toBe(true);
      } finally {
        await proxy.stop();
      }
    },
  );

  servers.test(['mysql'], 'in full and by what the server remembers, over TLS', async () => {
    const secured = servers.get('mysql');
    await secured.query(
      `CREATE USER sha2tls IDENTIFIED WITH caching_sha2_password BY '${sqlPassword()}' REQUIRE SSL`,
    );
    await secured.query('GRANT ALL ON *.* TO sha2tls');
    await check(secured, { user: 'sha2tls', ...encrypted });
    await check(secured, { user: 'sha2tls', ...encrypted });
    await secured.query('FLUSH PRIVILEGES');
    await expect(
      check(secured, { user: 'sha2tls', ...encrypted, password: 'another' }),
    ).rejects.toMatchObject(wrong);
  });
});

describe('MariaDB', () => {
  for (const { method, title, setUp } of [
    { method: 'mysql_native_password', title: 'mysql_native_password', setUp: null },
    { method: 'ed25519', title: 'ed25519', setUp: "INSTALL SONAME 'auth_ed25519'" },
  ]) {
    servers.test(['mariadb'], `signs in by ${title}, plain and over TLS`, async (skip) => {
      const secured = servers.get('mariadb');
      if (setUp !== null) {
        await secured.query(setUp).catch((error: { errno?: number; message: string }) => {
          // Debian packs the plugin with the whole server, of which tests need the core only.
          if (error.errno === 1126) skip(error.message);
          throw error;
        });
      }
      for (const [at, password] of [PASSWORD, 'x', '密码'.repeat(40)].entries()) {
        const user = `${method}_${at}`;
        await secured.query(
          `CREATE USER ${user} IDENTIFIED VIA ${method} USING PASSWORD('${password.replace(/[\\']/g, '\\$&')}')`,
        );
        await secured.query(`GRANT ALL ON *.* TO ${user}`);
        await check(secured, { user, password });
        await check(secured, { user, password, ...encrypted });
        await expect(check(secured, { user, password: 'another' })).rejects.toMatchObject(wrong);
      }
    });
  }
});

/** As the inside of a literal of SQL. */
function sqlPassword(): string {
  return PASSWORD.replace(/[\\']/g, '\\$&');
}
