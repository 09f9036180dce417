import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readSqlLink } from '../jdbc/sql-options.ts';
import { PgSession } from './session.ts';

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const ready = message('Z', Buffer.from('I'));
const done = Buffer.concat([message('C', Buffer.from('SET\0')), ready]);
const copyOut = Buffer.concat([message('H', Buffer.from([0, 0, 0])), message('d', Buffer.from('1\n'))]);

let server: Server | null = null;
afterEach(() => void server?.close());

/** A stand-in that signs everybody in, answers every statement, and falls silent behind the first row of a COPY. */
async function open(signal: AbortSignal): Promise<PgSession> {
  const standIn = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ready]));
      socket.on('data', (chunk) => void socket.write(chunk.includes('COPY') ? copyOut : done));
    });
    socket.on('error', () => undefined);
  });
  server = standIn;
  await new Promise<void>((resolve) => standIn.listen(0, '127.0.0.1', resolve));
  const address = standIn.address();
  const link = readSqlLink({
    'linkConfig.databaseType': 'POSTGRESQL',
    'linkConfig.host': '127.0.0.1',
    'linkConfig.port': String(address !== null && typeof address === 'object' ? address.port : 0),
    'linkConfig.database': 'd',
    'linkConfig.username': 'u',
    'linkConfig.password': 'p',
    'linkConfig.jdbcProperties': { connectTimeout: '1', socketTimeout: '1' },
  });
  return await PgSession.open(link, signal);
}

it('a server that fell silent while the reading was held up is given up after the release (stand-in)', async () => {
  const stop = new AbortController();
  const session = await open(stop.signal);
  const first = Promise.withResolvers<void>();
  const copying = session.copyOut('COPY t TO STDOUT', () => first.resolve());
  const outcome = copying.then(
    () => 'copied',
    (error: Error) => error.message,
  );
  await first.promise;
  session.hold();
  // The time-out strikes while nobody listens, and must strike again.
  await new Promise((resolve) => setTimeout(resolve, 2_300));
  expect(session.lost()).toBeNull();
  session.release();
  expect(await outcome).toBe('the server was silent for 1 s');
  stop.abort();
});
