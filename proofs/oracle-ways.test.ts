import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle } from '../packages/connectors/src/oracle/connection.ts';
import { StubServer } from '../packages/connectors/src/oracle/stub/server-suite.ts';
import { SluiceError } from '../packages/core/src/errors/sluice-error.ts';
import { ThrowAwayAuthority } from './secured-links/certificates.ts';

const authority = new ThrowAwayAuthority('Authority');
const stranger = new ThrowAwayAuthority('Stranger');

describe('TLS to Oracle (stub of the wire protocol behind it)', () => {
  let server: StubServer;
  /** Its certificate names another host than it is reached by. */
  let elsewhere: StubServer;

  beforeAll(async () => {
    const [own, other] = [authority.issue(['127.0.0.1']), authority.issue(['db.example'])];
    server = await StubServer.open({ tls: { key: own.key, cert: own.certificate } });
    elsewhere = await StubServer.open({ tls: { key: other.key, cert: other.certificate } });
  });

  afterAll(async () => {
    await server.close();
    await elsewhere.close();
  });

  async function checked(to: StubServer, properties: Readonly<Record<string, string>>): Promise<string> {
    const link = { ...to.link({ 'linkConfig.useSSL': 'true' }), 'linkConfig.jdbcProperties': properties };
    const connection = await openOracle(link, { signal: new AbortController().signal, log: () => undefined });
    try {
      return (await connection.check()).map(({ step }) => step).join(' ');
    } catch (error) {
      return error instanceof SluiceError ? `${error.code} ${error.facts.cause}` : String(error);
    } finally {
      await connection.close();
    }
  }

  test('a server of the trusted authority is signed in to, encrypted', async () => {
    expect(await checked(server, { sslrootcert: authority.certificate })).toBe('name tcp tls login read');
  });

  test('nobody else is', async () => {
    expect(await checked(server, { sslrootcert: stranger.certificate })).toMatch(/^Cdm\.0901 .*TLS/);
    expect(await checked(server, {})).toMatch(/^Cdm\.0901 .*TLS/);
  });

  test('a certificate must name the host, unless the link says that it need not', async () => {
    const trusted = { sslrootcert: authority.certificate };
    expect(await checked(elsewhere, trusted)).toMatch(/^Cdm\.0901 .*TLS/);
    expect(await checked(elsewhere, { ...trusted, 'oracle.net.ssl_server_dn_match': 'false' })).toBe(
      'name tcp tls login read',
    );
  });
});
