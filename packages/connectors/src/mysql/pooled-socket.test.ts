import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPooled, tapSocket } from './pooled-socket.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A pooled socket and its other end. */
async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = once(server, 'connection');
  const ours = connectPooled('127.0.0.1', address.port);
  const [theirs] = (await accepted) as [Socket];
  closing.push(() => {
    ours.destroy();
    theirs.destroy();
    server.close();
  });
  return { ours, theirs };
}

describe('a pooled socket', () => {
  it('gives its listeners bytes that stay', async () => {
    const { ours, theirs } = await pair();
    const got: Buffer[] = [];
    ours.on('data', (bytes: Buffer) => got.push(bytes));
    for (const word of ['one', 'two', 'three']) {
      theirs.write(word);
      await once(ours, 'data');
    }
    expect(got.map(String)).toEqual(['one', 'two', 'three']);
  });

  it('gives a tap everything and the listeners nothing, until it is taken away', async () => {
    const { ours, theirs } = await pair();
    const heard: string[] = [];
    const tapped: string[] = [];
    ours.on('data', (bytes: Buffer) => heard.push(String(bytes)));
    const untap = tapSocket(ours, (bytes) => tapped.push(String(bytes)));
    theirs.write('rows');
    while (tapped.length === 0) await sleep(2);
    untap();
    theirs.write('words');
    while (heard.length === 0) await sleep(2);
    expect({ tapped, heard }).toEqual({ tapped: ['rows'], heard: ['words'] });
  });

  it('holds the other end back while it is paused, and loses nothing', async () => {
    const { ours, theirs } = await pair();
    const size = 24 * 1024 * 1024;
    let got = 0;
    let isPaused = false;
    tapSocket(ours, (bytes) => {
      expect(isPaused).toBe(false);
      got += bytes.length;
      if (got < size / 2 && got + bytes.length >= size / 2) {
        isPaused = true;
        ours.pause();
      }
    });
    ours.on('data', () => undefined);
    theirs.write(Buffer.alloc(size));
    while (!isPaused) await sleep(2);
    const before = got;
    await sleep(100);
    expect(got).toBe(before);
    isPaused = false;
    ours.resume();
    while (got < size) await sleep(2);
    expect(got).toBe(size);
  });

  it('tells of the other end’s farewell', async () => {
    const { ours, theirs } = await pair();
    ours.on('data', () => undefined);
    const ended = once(ours, 'close');
    theirs.end('bye');
    await ended;
    expect(ours.destroyed).toBe(true);
  });
});

describe('tapping any other stream', () => {
  it('takes the listeners away and gives them back', async () => {
    const stream = new PassThrough();
    const heard: string[] = [];
    const tapped: string[] = [];
    stream.on('data', (bytes: Buffer) => heard.push(String(bytes)));
    const untap = tapSocket(stream, (bytes) => tapped.push(String(bytes)));
    stream.write('rows');
    await sleep(5);
    untap();
    stream.write('words');
    await sleep(5);
    expect({ tapped, heard }).toEqual({ tapped: ['rows'], heard: ['words'] });
  });
});
