import type { Connection } from '@sluice/core/connector/contract';
import type { CheckStage, Inspector } from '@sluice/core/connector/inspection';
import { testHost } from '@sluice/core/contract-suite/fixture';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ServerKind } from '../../tools/servers/running-server.ts';
import { ThrowAwayAuthority } from './certificates.ts';
import { type LinkChanges, openLink } from './links.ts';
import { OptionalServers, SERVERS_START_LIMIT_MS } from './optional-server.ts';
import { LOCKED_USER, PASSWORD } from './secured-server.ts';

const authority = new ThrowAwayAuthority('Right authority');
const stranger = new ThrowAwayAuthority('Wrong authority');
const tls = authority.issue(['localhost', '127.0.0.1']);

const servers = new OptionalServers();
const open: Connection[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});
afterAll(() => servers.stop());

describe.each<ServerKind>(['postgres', 'mariadb', 'mysql'])('stages of an encrypted link to %s', (kind) => {
  beforeAll(() => servers.start(kind, tls), SERVERS_START_LIMIT_MS);

  async function inspectorOf(changes: LinkChanges): Promise<Inspector> {
    const locked = { user: LOCKED_USER, password: PASSWORD };
    const link = await openLink(servers.get(kind).server, testHost().host, { ...locked, ...changes });
    open.push(link);
    if (link.inspector === undefined) throw new Error('no inspector');
    return link.inspector;
  }

  async function walked(changes: LinkChanges): Promise<[CheckStage[], string]> {
    const own = await inspectorOf(changes);
    expect(own.stages({ isDestination: false, schema: null })).toEqual([
      'name',
      'tcp',
      'tls',
      'login',
      'read',
    ]);
    const stages: CheckStage[] = [];
    const outcome = await own
      .walk({ isDestination: false, schema: null }, (stage) => stages.push(stage))
      .then(
        () => 'all',
        (error: unknown) =>
          error instanceof SluiceError ? `${error.code} ${error.facts.cause ?? ''}` : String(error),
      );
    return [stages, outcome];
  }

  const trust = (given: ThrowAwayAuthority) => ({ sslrootcert: given.certificate });

  servers.test([kind], 'tls is a stage of its own, between tcp and the sign-in', async () => {
    const right = { host: 'localhost', useSsl: true, properties: trust(authority) };
    expect(await walked(right)).toEqual([['name', 'tcp', 'tls', 'login', 'read'], 'all']);
  });

  servers.test([kind], 'a certificate that is not trusted fails at tls, a password behind it', async () => {
    const [stages, outcome] = await walked({ host: 'localhost', useSsl: true, properties: trust(stranger) });
    expect(stages).toEqual(['name', 'tcp']);
    expect(outcome).toMatch(/^Cdm\.0901 .*TLS/);
    const wrong = { host: 'localhost', useSsl: true, properties: trust(authority), password: 'another one' };
    expect((await walked(wrong))[0]).toEqual(['name', 'tcp', 'tls']);
    // The right authority, but the name is not in the certificate.
    const named = await walked({ host: '127.0.0.2', useSsl: true, properties: trust(authority) });
    expect(named[0]).toEqual(['name', 'tcp']);
    expect(named[1]).toMatch(/TLS/);
  });

  servers.test([kind], 'the certificate is asked for the name, wherever that leads', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const link = await openLink(
      servers.get(kind).server,
      { ...testHost().host, resolve },
      {
        user: LOCKED_USER,
        password: PASSWORD,
        host: 'rebound.invalid',
        useSsl: true,
        properties: trust(authority),
      },
    );
    open.push(link);
    await expect(link.check()).rejects.toMatchObject({
      facts: { cause: expect.stringContaining('rebound.invalid') },
    });
  });
});
