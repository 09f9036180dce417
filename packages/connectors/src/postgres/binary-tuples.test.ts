import { describe, expect, it } from 'vitest';
import { copyBinaryHeader, copyBinaryTrailer, TupleCutter } from './binary-tuples.ts';

const tuple = Buffer.from([0, 1, 0, 0, 0, 1, 7]);

function tuplesOf(payloads: readonly Buffer[]): string[] {
  const cutter = new TupleCutter();
  return payloads
    .map((payload) => payload.subarray(cutter.tupleStart(payload, 0, payload.length)).toString('hex'))
    .filter((hex) => hex !== '');
}

describe('TupleCutter', () => {
  it('leaves out header and trailer, in messages of their own or not', () => {
    const expected = [tuple, tuple].map((t) => t.toString('hex'));
    expect(tuplesOf([copyBinaryHeader, tuple, tuple, copyBinaryTrailer])).toEqual(expected);
    expect(tuplesOf([Buffer.concat([copyBinaryHeader, tuple]), tuple, copyBinaryTrailer])).toEqual(expected);
  });

  it('finds nothing in an empty table', () => {
    expect(tuplesOf([Buffer.concat([copyBinaryHeader, copyBinaryTrailer])])).toEqual([]);
  });

  it('skips a header extension', () => {
    const header = Buffer.from(copyBinaryHeader);
    header.writeUInt32BE(3, 15);
    expect(tuplesOf([Buffer.concat([header, Buffer.from('abc'), tuple])])).toEqual([tuple.toString('hex')]);
  });

  it('refuses a stream that is none', () => {
    expect(() => tuplesOf([Buffer.from('1\tone\n and more than a header')])).toThrow(RangeError);
    const flagged = Buffer.from(copyBinaryHeader);
    flagged.writeUInt32BE(0x10000, 11);
    expect(() => tuplesOf([flagged])).toThrow(RangeError);
  });
});
