import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CopyRun, eachPayload, FrameReader, MESSAGE_BYTES_MAX } from './frames.ts';
import { SlabPool } from './slab-pool.ts';

const SLAB_BYTES = 64;

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = type.charCodeAt(0);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const copyOut = message('H', Buffer.from([1, 0, 0]));
const copyDone = message('c', Buffer.alloc(0));

/** A reader that notes what it hands out, and gives each slab back `lag` runs later, filled with rubbish. */
function noting(lag = 0) {
  const seen: string[] = [];
  const held: CopyRun[] = [];
  const slabs = new SlabPool(SLAB_BYTES);
  let slabsSeen = new Set<ArrayBufferLike>();
  const settle = (run: CopyRun) => {
    let count = 0;
    eachPayload(run, (slab, start, end) => {
      seen.push(`d:${slab.toString('hex', start, end)}`);
      count += 1;
    });
    expect(count).toBe(run.messageCount);
    expect(run.lastStart + 1 + run.slab.readUInt32BE(run.lastStart + 1)).toBe(run.end);
    run.slab.fill(0xee);
    slabs.give(run.slab);
  };
  const reader = new FrameReader(
    {
      onRun: (run) => {
        slabsSeen = slabsSeen.add(run.slab.buffer);
        held.push(run);
        if (held.length > lag) settle(held.shift() as CopyRun);
      },
      onMessage: (type, body) => {
        for (const run of held.splice(0)) settle(run);
        seen.push(`${type}:${body.toString('hex')}`);
      },
    },
    slabs,
  );
  return { reader, seen, slabsSeen: () => slabsSeen };
}

/** Reads straight into the reader's memory, `sizes` bytes at a time at most. */
function readInto(reader: FrameReader, stream: Buffer, sizes: readonly number[]): void {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const space = reader.space();
    expect(space.length).toBeGreaterThan(0);
    const taken = stream.copy(space, 0, at, at + (sizes[i % sizes.length] ?? 1));
    at += taken;
    reader.landed(taken);
  }
}

const parts = fc.array(
  fc.tuple(fc.constantFrom('d', 'd', 'd', 'C', 'Z', 'N', 'E', 'H', 'c'), fc.uint8Array({ maxLength: 90 })),
  { maxLength: 40 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 30 });

describe('FrameReader', () => {
  it('finds the same messages wherever the reads are cut', () => {
    fc.assert(
      fc.property(
        parts,
        sizes,
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        (messages, cuts, lag, isPushed) => {
          const stream = Buffer.concat([
            copyOut,
            ...messages.map(([type, bytes]) => message(type, Buffer.from(bytes))),
            copyDone,
          ]);
          const { reader, seen } = noting(lag);
          if (isPushed) {
            for (let at = 0, i = 0; at < stream.length; i++) {
              const size = cuts[i % cuts.length] ?? 1;
              reader.push(stream.subarray(at, at + size));
              at += size;
            }
          } else {
            readInto(reader, stream, cuts);
          }
          expect(seen).toEqual([
            'H:010000',
            ...messages.map(([type, bytes]) => `${type}:${Buffer.from(bytes).toString('hex')}`),
            'c:',
          ]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('cuts right at every byte: rows, one larger than a slab, an error in the middle, the end in the same read', () => {
    const rows = [3, 0, 17, 59, 60, 200, 1].map((size, i) => message('d', Buffer.alloc(size, i)));
    const stream = Buffer.concat([
      copyOut,
      ...rows,
      message('E', Buffer.from('VERROR\0\0')),
      message('Z', Buffer.from('I')),
      copyOut,
      ...rows,
      copyDone,
      message('C', Buffer.from('COPY 7\0')),
      message('Z', Buffer.from('I')),
    ]);
    const whole = noting();
    whole.reader.push(stream);
    for (let cut = 1; cut < stream.length; cut++) {
      const { reader, seen } = noting(1);
      reader.push(stream.subarray(0, cut));
      reader.push(stream.subarray(cut));
      expect(seen).toEqual(whole.seen);
    }
    expect(whole.seen.filter((line) => line.startsWith('d:'))).toHaveLength(14);
  });

  it('hands rows on as they lie, many at a time, in memory that it uses again', () => {
    const { reader, seen, slabsSeen } = noting();
    const row = message('d', Buffer.alloc(5, 7));
    readInto(reader, copyOut, [5]);
    readInto(reader, Buffer.concat(Array.from({ length: 10_000 }, () => row)), [48]);
    expect(seen.length).toBeGreaterThan(9_990);
    expect(slabsSeen().size).toBeLessThan(5);
  });

  it('keeps its memory small when an answer was large', () => {
    const { reader } = noting();
    readInto(reader, message('D', Buffer.alloc(300_000)), [65_536]);
    expect(reader.space().length).toBeLessThan(20_000);
  });

  it('refuses a message beyond the limit before it takes memory for it', () => {
    for (const size of [MESSAGE_BYTES_MAX + 5, 3, 0x8000_0000, 0xffff_ffff]) {
      const header = Buffer.from([0x64, 0, 0, 0, 0]);
      header.writeUInt32BE(size, 1);
      expect(() => noting().reader.push(header), String(size)).toThrow(/limit/);
    }
  });

  it('says of a row beyond the limit that no retry will help', () => {
    const header = Buffer.from([0x64, 0, 0, 0, 0]);
    header.writeUInt32BE(MESSAGE_BYTES_MAX + 5, 1);
    const { reader } = noting();
    reader.push(copyOut);
    let thrown: unknown = null;
    try {
      reader.push(header);
    } catch (error) {
      thrown = error;
    }
    const cause = `a row takes ${MESSAGE_BYTES_MAX + 1} bytes; ${MESSAGE_BYTES_MAX} is the limit`;
    expect(thrown).toMatchObject({ code: 'Cdm.0233', retry: false, facts: { cause } });
  });
});
