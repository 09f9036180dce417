import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, MESSAGE_BYTES_MAX } from './frames.ts';

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = type.charCodeAt(0);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

function readAll(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader({
    onRow: (buffer, start, end) => seen.push(`d:${buffer.toString('hex', start, end)}`),
    onMessage: (type, body) => seen.push(`${type}:${body.toString('hex')}`),
  });
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

describe('FrameReader', () => {
  it('finds the same messages wherever the reads are cut', () => {
    const body = fc.uint8Array({ maxLength: 40 });
    const parts = fc.array(fc.tuple(fc.constantFrom('d', 'C', 'Z', 'E'), body), { maxLength: 12 });
    fc.assert(
      fc.property(
        parts,
        fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 30 }),
        (messages, cuts) => {
          const stream = Buffer.concat(messages.map(([type, bytes]) => message(type, Buffer.from(bytes))));
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = cuts[i % cuts.length] ?? 1;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(readAll(chunks)).toEqual(
            messages.map(([type, bytes]) => `${type}:${Buffer.from(bytes).toString('hex')}`),
          );
        },
      ),
    );
  });

  it('refuses a message beyond the limit before it takes memory for it', () => {
    const header = Buffer.from([0x64, 0, 0, 0, 0]);
    header.writeUInt32BE(MESSAGE_BYTES_MAX + 5, 1);
    expect(() => readAll([header])).toThrow(/limit/);
    expect(() => readAll([Buffer.from([0x64, 0, 0, 0, 3])])).toThrow(/limit/);
  });
});
