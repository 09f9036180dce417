import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { testHost } from '@sluice/core/contract-suite/fixture';
import type { WireForm } from '@sluice/core/data/batch';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ServerKind } from '../../tools/servers/running-server.ts';
import { ThrowAwayAuthority } from './certificates.ts';
import { type LinkChanges, openLink } from './links.ts';
import { OptionalServers, SERVERS_START_LIMIT_MS } from './optional-server.ts';
import { LOCKED_USER, PASSWORD, ROWS, type SecuredServer, TABLE } from './secured-server.ts';
import { TcpProxy } from './tcp-proxy.ts';

const authority = new ThrowAwayAuthority('Authority');
const tls = authority.issue(['127.0.0.1']);
const servers = new OptionalServers();
const open: Connection[] = [];
let runs = 0;

beforeAll(async () => {
  for (const kind of ['postgres', 'mariadb', 'mysql'] as const) await servers.start(kind, tls);
}, SERVERS_START_LIMIT_MS);
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});
afterAll(() => servers.stop());

const encrypted: LinkChanges = {
  user: LOCKED_USER,
  password: PASSWORD,
  useSsl: true,
  properties: { sslrootcert: authority.certificate },
};

interface End {
  readonly secured: SecuredServer;
  readonly link: LinkChanges;
  /** Reached there instead of by the server's own port. */
  readonly port?: number;
}

/** Copies the table into a new one, and compares both as the servers print them. @returns the form that rows had. */
async function copied(from: End, to: End, forms: readonly WireForm[]): Promise<WireForm> {
  runs += 1;
  const [source, sink] = await Promise.all(
    [from, to].map(async ({ secured, link, port }) => {
      const server = port === undefined ? secured.server : { ...secured.server, port };
      const connection = await openLink(server, testHost().host, { ...link, database: secured.database });
      open.push(connection);
      return connection;
    }),
  );
  if (source === undefined || sink === undefined) throw new Error('no links');
  const table = `copy_${runs}`;
  const { plan, counts } = await copyTable(
    source.source({ 'fromJobConfig.schemaName': from.secured.schema, 'fromJobConfig.tableName': TABLE }),
    sink.sink({
      'toJobConfig.schemaName': to.secured.schema,
      'toJobConfig.tableName': table,
      'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
    }),
    { runKey: `5ec0de${runs.toString(16).padStart(6, '0')}`, forms },
  );
  expect(counts.rowsWritten).toBe(ROWS);
  const [before, after] = await Promise.all([from.secured.read(TABLE), to.secured.read(table)]);
  expect(after.length).toBe(ROWS);
  expect(after).toEqual(before);
  return plan.form;
}

const binary: readonly WireForm[] = ['pgcopy-binary', 'rows'];
const pairs: readonly (readonly [ServerKind, ServerKind, WireForm])[] = [
  ['postgres', 'postgres', 'pgcopy-binary'],
  ['mariadb', 'postgres', 'pgcopy-binary'],
  ['mysql', 'postgres', 'pgcopy-binary'],
  ['postgres', 'mariadb', 'pgcopy-binary'],
  ['mysql', 'mariadb', 'pgcopy-binary'],
  ['postgres', 'mysql', 'rows'],
  ['mariadb', 'mysql', 'rows'],
];

describe('over TLS on both sides', () => {
  for (const [from, to, form] of pairs) {
    servers.test([from, to], `${from} to ${to} in the form ${form}`, async () => {
      const ends = [from, to].map((kind) => ({ secured: servers.get(kind), link: encrypted })) as [End, End];
      // The account is refused without TLS, so that the rows have come over it.
      expect(await copied(...ends, binary)).toBe(form);
      expect(await copied(...ends, ['rows'])).toBe('rows');
    });
  }
});

describe.each<ServerKind>(['mariadb', 'mysql'])('compression to %s', (kind) => {
  for (const isEncrypted of [false, true]) {
    const how = isEncrypted ? 'over TLS' : 'over plain TCP';
    servers.test([kind, 'postgres'], `makes less of the same rows, ${how}`, async () => {
      const secured = servers.get(kind);
      const postgres: End = { secured: servers.get('postgres'), link: encrypted };
      const { user, password } = secured.server;
      const base = isEncrypted ? encrypted : { user, password };
      const proxy = await TcpProxy.start(secured.server);
      try {
        const bytes: Record<string, { up: number; down: number }> = {};
        for (const useCompression of ['false', 'true']) {
          const end: End = {
            secured,
            port: proxy.port,
            link: { ...base, properties: { ...base.properties, useCompression } },
          };
          proxy.reset();
          expect(await copied(end, postgres, binary)).toBe('pgcopy-binary');
          const down = proxy.bytesDown;
          expect(await copied(end, postgres, ['rows'])).toBe('rows');
          proxy.reset();
          await copied(postgres, end, binary);
          await copied(postgres, end, ['rows']);
          bytes[useCompression] = { up: proxy.bytesUp, down };
        }
        const { false: off, true: on } = bytes;
        expect(off?.down).toBeGreaterThan(ROWS * 150);
        expect(on?.down).toBeLessThan((off?.down ?? 0) / 3);
        expect(on?.up).toBeLessThan((off?.up ?? 0) / 3);
      } finally {
        await proxy.stop();
      }
    });
  }
});
