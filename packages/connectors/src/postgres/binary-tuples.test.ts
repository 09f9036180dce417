import { describe, expect, it } from 'vitest';
import { copyBinaryHeader, copyBinaryTrailer, joinMessages, TupleCutter } from './binary-tuples.ts';
import { type CopyRun, FrameReader } from './frames.ts';
import { SlabPool } from './slab-pool.ts';

const tuple = Buffer.from([0, 1, 0, 0, 0, 1, 7]);
/** Its last bytes look like the message of a trailer. */
const deceiver = Buffer.from([0, 1, 0, 0, 0, 7, 0x64, 0, 0, 0, 6, 0xff, 0xff]);

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = type.charCodeAt(0);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** What is handed out of a COPY with these messages, when the server's bytes come in reads of `readBytes`. */
function tuplesOf(
  payloads: readonly Buffer[],
  readBytes = 1_000,
  slabBytes = 64,
): { hex: string; rows: number } {
  const cutter = new TupleCutter();
  const handed: Buffer[] = [];
  let rows = 0;
  const reader = new FrameReader(
    {
      onRun: (run: CopyRun) => {
        const tuples = cutter.cut(run);
        handed.push(Buffer.from(tuples.bytes));
        rows += tuples.rowCount;
      },
      onMessage: () => undefined,
    },
    new SlabPool(slabBytes),
  );
  const stream = Buffer.concat([
    message('H', Buffer.from([1, 0, 0])),
    ...payloads.map((payload) => message('d', payload)),
    message('c', Buffer.alloc(0)),
  ]);
  for (let at = 0; at < stream.length; at += readBytes) reader.push(stream.subarray(at, at + readBytes));
  return { hex: Buffer.concat(handed).toString('hex'), rows };
}

const framed = (...tuples: Buffer[]) => ({
  hex: Buffer.concat(tuples.map((one) => message('d', one))).toString('hex'),
  rows: tuples.length,
});

describe('joinMessages', () => {
  it('makes one message of many, in their own memory', () => {
    const tuples = [tuple, deceiver, Buffer.from([0, 0]), Buffer.alloc(300, 1), tuple];
    const memory = Buffer.concat([
      Buffer.from('ahead'),
      ...tuples.map((one) => message('d', one)),
      Buffer.from('behind'),
    ]);
    const joined = joinMessages(memory.subarray(5, memory.length - 6));
    expect(joined.toString('hex')).toBe(message('d', Buffer.concat(tuples)).toString('hex'));
    expect(joined.buffer).toBe(memory.buffer);
    expect(memory.toString('latin1', 0, 5)).toBe('ahead');
    expect(memory.toString('latin1', memory.length - 6)).toBe('behind');
  });

  it('leaves a single one as it is', () => {
    expect(joinMessages(message('d', tuple)).toString('hex')).toBe(message('d', tuple).toString('hex'));
  });
});

describe('TupleCutter', () => {
  it('leaves out header and trailer, in messages of their own or not, wherever the reads are cut', () => {
    for (let readBytes = 1; readBytes < 130; readBytes++) {
      expect(tuplesOf([copyBinaryHeader, tuple, tuple, copyBinaryTrailer], readBytes)).toEqual(
        framed(tuple, tuple),
      );
      expect(
        tuplesOf([Buffer.concat([copyBinaryHeader, tuple]), deceiver, tuple, copyBinaryTrailer], readBytes),
      ).toEqual(framed(tuple, deceiver, tuple));
    }
  });

  it('keeps a last tuple that ends like a trailer', () => {
    const first = Buffer.concat([copyBinaryHeader, deceiver]);
    expect(tuplesOf([first])).toEqual(framed(deceiver));
    expect(tuplesOf([first, copyBinaryTrailer])).toEqual(framed(deceiver));
  });

  it('moves rows without columns, which are as short as a trailer', () => {
    const none = Buffer.from([0, 0]);
    expect(tuplesOf([Buffer.concat([copyBinaryHeader, none]), none, copyBinaryTrailer])).toEqual(
      framed(none, none),
    );
  });

  it('moves rows larger than a slab, the first one too', () => {
    const large = Buffer.concat([Buffer.from([0, 1, 0, 0, 3, 0xe8]), Buffer.alloc(1000, 9)]);
    expect(tuplesOf([Buffer.concat([copyBinaryHeader, large]), tuple, large, copyBinaryTrailer], 33)).toEqual(
      framed(large, tuple, large),
    );
  });

  it('finds nothing in an empty table', () => {
    for (let readBytes = 1; readBytes < 50; readBytes++) {
      expect(tuplesOf([Buffer.concat([copyBinaryHeader, copyBinaryTrailer])], readBytes)).toEqual(framed());
      expect(tuplesOf([copyBinaryHeader, copyBinaryTrailer], readBytes)).toEqual(framed());
    }
  });

  it('skips a header extension', () => {
    const header = Buffer.from(copyBinaryHeader);
    header.writeUInt32BE(3, 15);
    expect(tuplesOf([Buffer.concat([header, Buffer.from('abc'), tuple])])).toEqual(framed(tuple));
  });

  it('refuses a stream that is none', () => {
    expect(() => tuplesOf([Buffer.from('1\tone\n and more than a header')])).toThrow(RangeError);
    const flagged = Buffer.from(copyBinaryHeader);
    flagged.writeUInt32BE(0x10000, 11);
    expect(() => tuplesOf([flagged])).toThrow(RangeError);
  });
});
