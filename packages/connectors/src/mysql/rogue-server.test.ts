import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openMysql } from './connection.ts';

// A stand-in for a server that means harm: it signs everybody in and asks for a file of ours in answer to the first statement
// (LOCAL INFILE request), as the protocol lets it, whatever it was asked for.

let server: Server | null = null;
afterEach(async () => {
  await new Promise((resolve) => server?.close(resolve) ?? resolve(null));
  server = null;
});

function packet(sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, body]);
}

/** Greets as MySQL 8 would, with native passwords. */
function greeting(): Buffer {
  const capabilities = 0x00_0f_f7_ff;
  return packet(
    0,
    Buffer.concat([
      Buffer.from([10]),
      Buffer.from('8.0.36\0'),
      Buffer.from([1, 0, 0, 0]),
      Buffer.from('12345678\0'),
      Buffer.from([capabilities & 0xff, (capabilities >> 8) & 0xff, 45, 2, 0]),
      Buffer.from([(capabilities >> 16) & 0xff, (capabilities >> 24) & 0xff, 21]),
      Buffer.alloc(10),
      Buffer.from('123456789012\0'),
      Buffer.from('mysql_native_password\0'),
    ]),
  );
}

const okay = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

it('a server that asks for a file of ours gets none (stand-in for a server)', async () => {
  const file = import.meta.filename;
  const got: Buffer[] = [];
  let asked = 0;
  server = createServer((socket: Socket) => {
    let isIn = false;
    socket.on('error', () => undefined);
    socket.write(greeting());
    socket.on('data', (chunk: Buffer) => {
      got.push(chunk);
      if (!isIn) {
        isIn = true;
        socket.write(packet((chunk[3] ?? 0) + 1, okay));
        return;
      }
      if (chunk[4] !== 3 && chunk[4] !== 22) return;
      asked++;
      socket.write(packet(1, Buffer.concat([Buffer.from([0xfb]), Buffer.from(file)])));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const controller = new AbortController();
  const connection = await openMysql(
    {
      'linkConfig.databaseType': 'MYSQL',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': String(port),
      'linkConfig.database': 'd',
      'linkConfig.username': 'u',
      'linkConfig.password': 'p',
      'linkConfig.jdbcProperties': { socketTimeout: '2000' },
    },
    { signal: controller.signal, log: () => undefined },
  );
  await expect(connection.check()).rejects.toMatchObject({ code: expect.stringMatching(/^Cdm\./) });
  controller.abort(new Error('over'));
  await connection.close().catch(() => undefined);
  expect(asked).toBeGreaterThan(0);
  // Nothing of this file, which the server named, was sent.
  expect(Buffer.concat(got).toString('latin1')).not.toContain('means harm');
});
