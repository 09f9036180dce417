import { createServer, type Server, type Socket } from 'node:net';
import { testHost } from '@sluice/core/contract-suite/fixture';
import type { OptionValues } from '@sluice/core/options/option';
import { afterEach, describe, expect, it } from 'vitest';
import { openPostgres } from './connection.ts';

const open: { server: Server; sockets: Set<Socket> }[] = [];

/** Without the link's own second a time-out takes longer than this. */
const unlimitedMs = 8_000;
/** What is aborted ends within this time, whatever the network does. */
const stopWithinMs = 5_000;

/** A server that treats every connection alike; its link waits one second at most. */
async function serve(onSocket: (socket: Socket) => void): Promise<OptionValues> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    onSocket(socket);
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    'linkConfig.databaseType': 'POSTGRESQL',
    'linkConfig.host': '127.0.0.1',
    'linkConfig.port': String(address.port),
    'linkConfig.database': 'd',
    'linkConfig.username': 'u',
    'linkConfig.password': 'a secret of nobody',
    'linkConfig.jdbcProperties': { connectTimeout: '1', socketTimeout: '1' },
  };
}

afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const signedIn = Buffer.concat([Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]), ready]);

async function failure(
  link: OptionValues,
  abortAfterMs: number | null = null,
): Promise<{ error: unknown; ms: number }> {
  const host = testHost();
  const connection = await openPostgres(link, host.host);
  const start = performance.now();
  if (abortAfterMs !== null) setTimeout(() => host.abort(), abortAfterMs);
  const error = await connection.check().catch((thrown: unknown) => thrown);
  await connection.close();
  return { error, ms: performance.now() - start };
}

describe('a server that does not do its part', () => {
  it('accepts and says nothing: the connect time-out ends it', async () => {
    const { error, ms } = await failure(await serve(() => undefined));
    expect(error).toMatchObject({
      code: 'Cdm.0901',
      retry: true,
      facts: { cause: 'no answer within the connect time-out' },
    });
    expect(ms).toBeLessThan(unlimitedMs);
  });

  it('falls silent after the sign-in: the silence time-out ends it', async () => {
    const { error, ms } = await failure(
      await serve((socket) => socket.once('data', () => socket.write(signedIn))),
    );
    expect(error).toMatchObject({ code: 'Cdm.0901', retry: true });
    expect(String((error as { facts: { cause: string } }).facts.cause)).toContain('silent');
    expect(ms).toBeLessThan(unlimitedMs);
  });

  it('closes at once', async () => {
    const { error } = await failure(await serve((socket) => socket.end()));
    expect(error).toMatchObject({ code: 'Cdm.0901', retry: true });
  });

  it('closes after the sign-in', async () => {
    const link = await serve((socket) =>
      socket.once('data', () => {
        socket.write(signedIn);
        socket.once('data', () => socket.destroy());
      }),
    );
    expect((await failure(link)).error).toMatchObject({ code: 'Cdm.0901', retry: true });
  });

  it('speaks no protocol that we know', async () => {
    const { error } = await failure(
      await serve((socket) => {
        socket.once('data', () => {
          socket.write(signedIn);
          socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
        });
      }),
    );
    expect(error).toMatchObject({ code: 'Cdm.0901' });
  });

  it('has no TLS when it is asked for: nothing but the request for it is sent', async () => {
    const received: Buffer[] = [];
    const link = await serve((socket) => {
      socket.on('data', (chunk) => {
        received.push(chunk);
        socket.write('N');
      });
    });
    const { error } = await failure({ ...link, 'linkConfig.useSSL': 'true' });
    expect(error).toMatchObject({ code: 'Cdm.0901', retry: false });
    expect(Buffer.concat(received).toString('hex')).toBe('0000000804d2162f');
  });

  it('is left within a second when the work is aborted', async () => {
    const { error, ms } = await failure(await serve(() => undefined), 100);
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(ms).toBeLessThan(stopWithinMs);
  });
});
