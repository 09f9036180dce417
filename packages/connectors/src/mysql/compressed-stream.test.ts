import { Duplex, PassThrough } from 'node:stream';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CompressedStream } from './compressed-stream.ts';

/** A stand-in for the socket: what is written below, and what the server sends. */
function pair(): { stream: CompressedStream; server: PassThrough; written: Buffer[] } {
  const written: Buffer[] = [];
  const server = new PassThrough();
  const socket = Duplex.from({
    readable: server,
    writable: new PassThrough().on('data', (data: Buffer) => written.push(data)),
  });
  return { stream: new CompressedStream(socket), server, written };
}

interface Frame {
  readonly no: number;
  readonly plain: Buffer;
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUIntLE(at, 3);
    const payload = bytes.subarray(at + 7, at + 7 + size);
    const isPacked = bytes.readUIntLE(at + 4, 3) > 0;
    frames.push({ no: bytes[at + 3] as number, plain: isPacked ? inflateSync(payload) : payload });
    at += 7 + size;
  }
  return frames;
}

function packet(no: number, body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  header[3] = no;
  return Buffer.concat([header, body]);
}

function plainFrame(no: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(7);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = no;
  return Buffer.concat([header, payload]);
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('compressed frames over a stand-in for the socket', () => {
  it('begins each command at 0, also in one write with the one before, wherever writes are cut', async () => {
    const commands = Buffer.concat([
      packet(0, Buffer.alloc(1_000, 'a')),
      packet(0, Buffer.from('short')),
      packet(0, Buffer.alloc(300, 'b')),
    ]);
    for (const cut of [1, 3, 1_004, 1_006, 1_013, 1_200]) {
      const { stream, written } = pair();
      stream.write(commands.subarray(0, cut));
      stream.write(commands.subarray(cut));
      await settled();
      const frames = framesOf(Buffer.concat(written));
      expect(Buffer.concat(frames.map(({ plain }) => plain))).toEqual(commands);
      const starts = frames.filter(({ no }) => no === 0).map(({ plain }) => plain[4]);
      expect(starts, `cut at ${cut}`).toEqual([...'asb'].map((letter) => letter.charCodeAt(0)));
    }
  });

  it('goes on counting behind an answer, and does not take packet 256 for a command', async () => {
    const { stream, server, written } = pair();
    stream.on('data', () => undefined);
    stream.write(packet(0, Buffer.from('LOAD')));
    server.write(plainFrame(1, packet(1, Buffer.from([0xfb]))));
    await settled();
    for (let no = 2; no < 258; no++) stream.write(packet(no & 0xff, Buffer.from('line')));
    await settled();
    const numbers = framesOf(Buffer.concat(written)).map(({ no }) => no);
    expect(numbers).toEqual([0, ...Array.from({ length: 256 }, (_, i) => (i + 2) & 0xff)]);
  });

  it('puts frames together that come in pieces', async () => {
    const { stream, server } = pair();
    const got: Buffer[] = [];
    stream.on('data', (data: Buffer) => got.push(data));
    const bytes = Buffer.concat([plainFrame(1, Buffer.from('one ')), plainFrame(2, Buffer.from('two'))]);
    for (const byte of bytes) {
      server.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(String(Buffer.concat(got))).toBe('one two');
  });

  it('ends when a frame is not what it says', async () => {
    const { stream, server } = pair();
    const broken = plainFrame(1, Buffer.from('no zlib at all'));
    broken.writeUIntLE(500, 4, 3);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    server.write(broken);
    await closed;
    expect(stream.destroyed).toBe(true);
  });
});
