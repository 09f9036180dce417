import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Session } from '../session.ts';
import { BulkChannel } from './bulk-channel.ts';
import { BulkPacket } from './bulk-packet.ts';
import type { Kernel } from './kernels.ts';

const silenceMs = 5_000;

/** A server that is written down: what it was sent, and what the test lets it say. */
function server() {
  const sent: Buffer[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(Buffer.from(chunk));
      done();
    },
  });
  const heardBySession: Buffer[] = [];
  const sessionReader = (data: Buffer) => heardBySession.push(data);
  socket.on('data', sessionReader);
  const destroy = vi.fn(() => socket.destroy());
  const session = { socket, destroy } as unknown as Session;
  return { sent: () => Buffer.concat(sent), socket, session, destroy, heardBySession };
}

function packetOf(sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, body]);
}
const withLength = (text: string) =>
  Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
const endOfList = Buffer.from([0xfe, 0, 0, 2, 0]);

function ok(rows: number, warnings = 0): Buffer {
  const counted = rows < 0xfb ? Buffer.from([rows]) : Buffer.from([0xfc, rows & 0xff, rows >> 8]);
  return packetOf(1, Buffer.concat([Buffer.from([0]), counted, Buffer.from([0, 2, 0, warnings, 0])]));
}
function refused(errno: number, text: string): Buffer {
  const head = Buffer.from([0xff, errno & 0xff, errno >> 8]);
  return packetOf(1, Buffer.concat([head, Buffer.from('#22001'), Buffer.from(text)]));
}
/** The answer to SHOW WARNINGS. */
function list(...warnings: readonly (readonly [string, number, string])[]): Buffer {
  const packets = [Buffer.from([3]), Buffer.from('a'), Buffer.from('b'), Buffer.from('c'), endOfList];
  for (const [level, code, message] of warnings)
    packets.push(Buffer.concat([withLength(level), withLength(String(code)), withLength(message)]));
  packets.push(endOfList);
  return Buffer.concat(packets.map((packet, i) => packetOf(i + 1, packet)));
}

const kernels: readonly Kernel[] = [
  {
    operation: 8,
    fieldType: 253,
    isUnsigned: false,
    limit: -1,
    refusesNull: false,
    name: 'a',
    columnType: 'text',
  },
];

function filled(rowCount: number, byteCount = 10): BulkPacket {
  const packet = new BulkPacket(0x01020304, kernels, 1_000, 2 ** 26);
  packet.reserve(byteCount);
  packet.bytes.fill(0x61, packet.size, packet.size + byteCount);
  packet.size += byteCount;
  packet.rowCount = rowCount;
  return packet;
}

describe('bulk commands over the socket of a session', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends head, types, rows, and asks for warnings', async () => {
    const { session, socket, sent } = server();
    const channel = new BulkChannel(session, 'd.t', silenceMs);
    const done = channel.send(filled(2));
    const command = packetOf(0, Buffer.from(`fa040302018000fd00${'61'.repeat(10)}`, 'hex'));
    expect(sent()).toEqual(Buffer.concat([command, packetOf(0, Buffer.from('\x03SHOW WARNINGS'))]));
    socket.push(Buffer.concat([ok(2), list()]));
    await done;
    expect(channel.isBusy()).toBe(false);
  });

  it.each([1, 2, 3, 7, 1_000])('understands answers in pieces of %i bytes', async (size) => {
    const { session, socket } = server();
    const channel = new BulkChannel(session, 'd.t', silenceMs);
    const outcomes = [channel.send(filled(300)), channel.send(filled(1)), channel.send(filled(2))];
    const settled = Promise.allSettled(outcomes);
    const answers = Buffer.concat([
      ok(300, 1),
      list(['Note', 1_051, 'of no matter']),
      refused(1_406, "Data too long for column 'a' at row 1"),
      list(['Error', 1_406, 'Data too long']),
      ok(2),
      list(),
    ]);
    for (let at = 0; at < answers.length; at += size) socket.push(answers.subarray(at, at + size));
    expect(await settled).toEqual([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: expect.objectContaining({
          code: 'Cdm.0234',
          retry: false,
          facts: { cause: "Data too long for column 'a' at row 1" },
        }),
      },
      { status: 'fulfilled' },
    ]);
  });

  it('takes a changed value for an error, of the command that it belongs to', async () => {
    const { session, socket } = server();
    const channel = new BulkChannel(session, 'd.t', silenceMs);
    const settled = Promise.allSettled([channel.send(filled(1)), channel.send(filled(1))]);
    socket.push(
      Buffer.concat([ok(1, 2), list(['Note', 1, 'a'], ['Note', 1_265, 'Data truncated']), ok(1), list()]),
    );
    expect(await settled).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({ code: 'Cdm.0234', facts: { cause: 'Data truncated' } }),
      },
      { status: 'fulfilled' },
    ]);
  });

  it('notices rows that were not stored', async () => {
    const { session, socket } = server();
    const done = new BulkChannel(session, 'd.t', silenceMs).send(filled(3));
    socket.push(Buffer.concat([ok(2), list()]));
    await expect(done).rejects.toMatchObject({
      code: 'Cdm.0234',
      facts: { cause: 'the server stored 2 of 3 rows' },
    });
  });

  it('gives the socket back when all is answered, and takes it again', async () => {
    const { session, socket, heardBySession } = server();
    const channel = new BulkChannel(session, 'd.t', silenceMs);
    for (let turn = 1; turn <= 3; turn++) {
      const done = channel.send(filled(1));
      socket.push(Buffer.concat([ok(1), list()]));
      await done;
      expect(heardBySession.length).toBe(turn - 1);
      socket.push(Buffer.from('for the session'));
      await expect.poll(() => heardBySession.length).toBe(turn);
    }
    expect(socket.listenerCount('data')).toBe(1);
    expect(socket.listenerCount('close')).toBe(0);
  });

  it('parts a command of 16 MB and more', async () => {
    const full = 0xff_ffff;
    for (const [byteCount, parts] of [
      [full - 10, [full - 1]],
      [full - 9, [full, 0]],
      [full - 8, [full, 1]],
      [2 * full + 5, [full, full, 14]],
    ] as const) {
      const { session, socket, sent } = server();
      const done = new BulkChannel(session, 'd.t', silenceMs).send(filled(1, byteCount));
      const bytes = sent();
      const lengths: number[] = [];
      let at = 0;
      for (; bytes.length - at > 18; at += 4 + (lengths.at(-1) ?? 0)) {
        expect(bytes[at + 3]).toBe(lengths.length);
        lengths.push(bytes.readUIntLE(at, 3));
      }
      expect(lengths).toEqual(parts);
      expect(bytes.toString('latin1', at + 5)).toBe('SHOW WARNINGS');
      socket.push(Buffer.concat([ok(1), list()]));
      await done;
    }
  });

  it('ends all that is outstanding when the socket ends, to be retried', async () => {
    const { session, socket } = server();
    const channel = new BulkChannel(session, 'd.t', silenceMs);
    const settled = Promise.allSettled([channel.send(filled(1)), channel.send(filled(1))]);
    socket.destroy();
    const lost = {
      status: 'rejected',
      reason: expect.objectContaining({ code: 'Cdm.0234', retry: true }),
    };
    expect(await settled).toEqual([lost, lost]);
    await expect(channel.send(filled(1))).rejects.toMatchObject({ code: 'Cdm.0234', retry: true });
    expect(channel.isBusy()).toBe(false);
  });

  it('gives up on a silent server, but not on a slow one', async () => {
    vi.useFakeTimers();
    const { session, socket, destroy } = server();
    const channel = new BulkChannel(session, 'd.t', silenceMs);
    const first = channel.send(filled(1));
    const second = channel.send(filled(1));
    second.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(silenceMs - 1);
    socket.push(Buffer.concat([ok(1), list()]));
    await vi.advanceTimersByTimeAsync(silenceMs - 1);
    await first;
    expect(destroy).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    await expect(second).rejects.toMatchObject({ code: 'Cdm.0234', retry: true });
    expect(destroy).toHaveBeenCalledOnce();
  });

  it('ends the session when the server says what cannot be', async () => {
    for (const nonsense of [Buffer.from([0x07]), Buffer.from([0x00, 0xfb, 0, 0, 0]), Buffer.from([0x00])]) {
      const { session, socket, destroy } = server();
      const done = new BulkChannel(session, 'd.t', silenceMs).send(filled(1));
      socket.push(packetOf(1, nonsense));
      await expect(done).rejects.toMatchObject({ code: 'Cdm.0234' });
      expect(destroy).toHaveBeenCalledOnce();
    }
  });
});
