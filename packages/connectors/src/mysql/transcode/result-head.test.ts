import { describe, expect, it } from 'vitest';
import { fieldTexts } from './field-text.ts';
import { executePacket, ResultHead } from './result-head.ts';
import type { WireColumn } from './wire-column.ts';

/** A column definition; `extra` stands for the metadata that MariaDB adds when it was asked for. */
function definition(type: number, flags: number, extra = false): Buffer {
  const texts = ['def', 'db', 't', 't', 'name', 'name', ...(extra ? ['uuid'] : [])];
  const tail = Buffer.from([12, 45, 0, 9, 0, 0, 0, type, flags & 255, flags >> 8, 0, 0, 0]);
  return Buffer.concat([
    ...texts.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])),
    tail,
  ]);
}
const end = Buffer.from([0xfe, 0, 0, 2, 0]);
const row = Buffer.from([0, 0, 1]);

describe('ResultHead', () => {
  it('takes count, definitions and the end mark, and knows the rows behind them', () => {
    const head = new ResultHead();
    const packets = [Buffer.from([2]), definition(8, 0x20), definition(254, 0, true), end, row];
    expect(packets.map((packet) => head.take(packet))).toEqual(['taken', 'taken', 'taken', 'rows', 'row']);
    expect(head.columns).toEqual([
      { shape: 'i8', isUnsigned: true },
      { shape: 'string', isUnsigned: false },
    ]);
  });

  it('understands a server without the end mark, and an empty result', () => {
    const terse = new ResultHead();
    expect([Buffer.from([1]), definition(1, 0), row].map((packet) => terse.take(packet))).toEqual([
      'taken',
      'taken',
      'row',
    ]);
    const empty = new ResultHead();
    expect([Buffer.from([1]), definition(1, 0), end, end].map((packet) => empty.take(packet))).toEqual([
      'taken',
      'taken',
      'rows',
      'row',
    ]);
  });

  it('keeps a type that it does not know as null', () => {
    const head = new ResultHead();
    head.take(Buffer.from([1]));
    head.take(definition(242, 0));
    expect(head.columns).toEqual([null]);
  });

  it('throws the server’s error, and complains of answers that are no result', () => {
    const error = Buffer.concat([Buffer.from([0xff, 0x7a, 0x04]), Buffer.from('#42S02No such table')]);
    expect(() => new ResultHead().take(error)).toThrow('No such table');
    expect(() => new ResultHead().take(Buffer.from([0, 0, 0]))).toThrow('without columns');
    const head = new ResultHead();
    head.take(Buffer.from([1]));
    expect(() => head.take(Buffer.from([3, 0x64, 0x65, 0x66]))).toThrow('another form');
  });
});

describe('executePacket', () => {
  it('is COM_STMT_EXECUTE without a cursor', () => {
    expect(executePacket(0x01020304).toString('hex')).toBe('0a0000001704030201' + '00' + '01000000');
  });
});

describe('fieldTexts', () => {
  it('prints values as the server would, over nulls and long texts before them', () => {
    const columns: WireColumn[] = [
      { shape: 'string', isUnsigned: false },
      { shape: 'i4', isUnsigned: false },
      { shape: 'datetime', isUnsigned: false },
      { shape: 'decimal', isUnsigned: false },
      { shape: 'i8', isUnsigned: true },
      { shape: 'time', isUnsigned: false },
      { shape: 'date', isUnsigned: false },
      { shape: 'i1', isUnsigned: false },
    ];
    const long = Buffer.concat([Buffer.from([252, 44, 1]), Buffer.alloc(300, 0x61)]);
    const body = Buffer.concat([
      // The second column is null.
      Buffer.from([0, 0b1000, 0]),
      long,
      Buffer.from([11, 0xe8, 7, 2, 29, 23, 59, 58, 0x40, 0xe2, 1, 0]),
      Buffer.from([6]),
      Buffer.from('-00.50'),
      Buffer.alloc(8, 255),
      Buffer.from([8, 1, 2, 0, 0, 0, 3, 4, 5]),
      Buffer.from([4, 1, 0, 12, 31]),
      Buffer.from([0x80]),
    ]);
    expect(fieldTexts(body, columns, [7, 1, 2, 3, 4, 5, 6])).toEqual([
      '-128',
      null,
      '2024-02-29 23:59:58.123456',
      '-0.50',
      '18446744073709551615',
      '-51:04:05',
      '0001-12-31',
    ]);
    expect(fieldTexts(body, columns, [0])).toEqual(['a'.repeat(300)]);
  });
});
