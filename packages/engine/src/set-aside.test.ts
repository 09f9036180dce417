import type { SliceWriter } from '@sluice/core/connector/contract';
import type { RowBatch } from '@sluice/core/data/batch';
import type { Checkpoint, Slice } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, test } from 'vitest';
import { copySlice, type SliceTools } from './copy-slice.ts';
import { makerOf } from './marked-position.ts';
import type { Ledger, RejectAnswer, RejectPart, RunPlan } from './work.ts';

const slice: Slice = { no: 2, cut: null, label: 'all', rowsEstimate: null };
const target = { runKey: '00112233aabb', sourceColumns: [], sourcePrimaryKey: [], columnNames: ['n'] };
const plan: RunPlan = {
  target: { ...target, form: 'rows', isTolerant: true },
  projection: { form: 'rows', columns: [{ name: 'n', cast: null }], isTolerant: true },
  reason: 'test',
  warnings: [],
  slices: [slice],
};

/** Stands in for a source: batches of five numbers, those that end in 7 dropped on the way. */
function numbers(n: number, hasPositions = true) {
  return {
    async *read(_slice: Slice, _projection: unknown, after: number | null) {
      for (let first = after === null ? 0 : after + 1; first < n; first += 5) {
        const all = Array.from({ length: Math.min(5, n - first) }, (_, i) => first + i);
        const rejects = all
          .filter((value) => value % 10 === 7)
          .map((value) => ({ values: [value], code: 'Cdm.0233', facts: { cause: 'seven' } }) as const);
        const batch: RowBatch = {
          form: 'rows',
          rows: all.filter((value) => value % 10 !== 7).map((value) => [value]),
          rowCount: all.length,
          byteCount: 50,
          position: hasPositions ? first + all.length - 1 : null,
          ...(rejects.length > 0 && { rejects }),
        };
        yield batch;
      }
    },
  } as unknown as SliceTools['source'];
}

/** Stands in for a destination, with the contract's promises; it refuses numbers that end in 3. */
class Destination {
  readonly rows: number[] = [];
  checkpoint: Checkpoint | null = null;
  /** What happens to commit number k. */
  readonly faults = new Map<number, 'another came first' | 'crash'>();
  commits = 0;
  readonly sink = {
    openWriter: async (): Promise<SliceWriter> => {
      const base = this.checkpoint;
      let sequence = base?.sequence ?? 0;
      const pending: number[] = [];
      const writer: SliceWriter = {
        resumed: base,
        write: async () => expect.unreachable(),
        sift: async ({ rows }) => {
          const bad = rows.filter(([value]) => Number(value) % 10 === 3);
          pending.push(...rows.filter((row) => !bad.includes(row)).map(([value]) => Number(value)));
          return bad.map((values) => ({ values, code: 'Cdm.0234', facts: { cause: 'three' } }));
        },
        commit: async (counts, position, isComplete) => {
          const fault = this.faults.get(++this.commits);
          if (fault === 'crash') throw new Error('crash');
          if (fault === 'another came first') {
            this.checkpoint = {
              sequence: sequence + 1,
              position: { at: 4, madeBy: 'other' },
              counts,
              isComplete,
            };
          }
          if ((this.checkpoint?.sequence ?? 0) !== sequence) throw new Fenced('slice 2');
          this.rows.push(...pending.splice(0));
          sequence += 1;
          this.checkpoint = { sequence, position, counts, isComplete };
          return this.checkpoint;
        },
        bytesWritten: () => 0,
        close: async () => undefined,
      };
      return writer;
    },
  } as unknown as SliceTools['sink'];
}

/** Stands in for the server: keeps what is told, and which commit was reported. */
class Books implements Ledger {
  readonly parts: RejectPart[] = [];
  readonly reported: Checkpoint[] = [];
  answer: RejectAnswer = { isFull: false, excess: null };

  async checkpoint(_no: number, checkpoint: Checkpoint): Promise<void> {
    this.reported.push(checkpoint);
  }
  async rejects(_no: number, part: RejectPart): Promise<RejectAnswer> {
    this.parts.push(part);
    return this.answer;
  }
  progress(): void {
    // Nobody looks.
  }
  /** The rows that hold: those of the attempt that made each commit. */
  held(): readonly unknown[] {
    const makers = new Map(this.reported.map((checkpoint) => [checkpoint.sequence, makerOf(checkpoint)]));
    return this.parts
      .filter(({ sequence, attempt }) => makers.get(sequence) === attempt)
      .flatMap(({ rejects }) => rejects.map(({ row }) => row[0]));
  }
}

const never = new AbortController().signal;
const limits = { segmentBytes: 1, commitInquiriesMax: 1, commitInquiryPauseMs: 1, progressPauseMs: 1_000 };
const bad = [3, 7, 13, 17, 23, 27];
const good = Array.from({ length: 30 }, (_, i) => i).filter((value) => !bad.includes(value));

function copy(to: Destination, ledger: Books, more: Partial<SliceTools> = {}) {
  const tools = { source: numbers(30), sink: to.sink, ledger, signal: never, limits };
  return copySlice(plan, slice, { ...tools, ...more });
}

describe('a tolerant slice', () => {
  test('rows read are those written and those set aside, which are told ahead of their commit', async () => {
    const [to, books] = [new Destination(), new Books()];
    let toldAtCommit = 0;
    const { rejects, checkpoint } = books;
    books.rejects = async (no, part) => {
      expect(part.sequence).toBe((to.checkpoint?.sequence ?? 0) + 1);
      toldAtCommit += part.rejects.length;
      return await rejects.call(books, no, part);
    };
    books.checkpoint = async (no, made) => {
      expect(toldAtCommit).toBe(made.counts.rowsSkipped);
      await checkpoint.call(books, no, made);
    };
    const done = await copy(to, books);
    expect(done.counts).toMatchObject({ rowsRead: 30, rowsWritten: 24, rowsSkipped: 6 });
    expect(to.rows).toEqual(good);
    expect(books.held()).toEqual(bad);
    expect(books.parts[0]?.rejects[0]).toMatchObject({ stage: 'write', code: 'Cdm.0234' });
    expect(books.parts.flatMap((part) => part.rejects).map(({ stage }) => stage)).toContain('read');
  });

  test('after a crash the next attempt tells again what was not committed, and only that holds', async () => {
    for (let crashAt = 1; crashAt <= 7; crashAt++) {
      const [to, books] = [new Destination(), new Books()];
      to.faults.set(crashAt, 'crash');
      await expect(copy(to, books)).rejects.toThrow('crash');
      const done = await copy(to, books);
      expect(done.counts).toMatchObject({ rowsRead: 30, rowsWritten: 24, rowsSkipped: 6 });
      expect(to.rows).toEqual(good);
      expect(books.held()).toEqual(bad);
    }
  });

  test('the commit of an attempt before it that comes late makes its own rejects hold', async () => {
    const [to, books] = [new Destination(), new Books()];
    to.faults.set(1, 'another came first');
    await expect(copy(to, books)).rejects.toBeInstanceOf(Fenced);
    const own = books.parts[0]?.attempt;
    await copy(to, books);
    // The first report is of the other one's commit.
    expect(books.reported[0]).toMatchObject({ sequence: 1, position: { madeBy: 'other' } });
    expect(books.parts.some(({ attempt, sequence }) => attempt === own && sequence === 1)).toBe(true);
    expect(books.held()).toEqual(bad.filter((value) => value > 4));
  });

  test.each([true, false])('one more than allowed ends it; positions: %s', async (hasPositions) => {
    for (const [sliceMax, isWithin] of [
      [6, true],
      [5, false],
      [0, false],
    ] as const) {
      const [to, books] = [new Destination(), new Books()];
      const run = copy(to, books, { source: numbers(30, hasPositions), dirty: { sliceMax } });
      if (isWithin) {
        await run;
        continue;
      }
      await expect(run).rejects.toMatchObject({ code: 'Cdm.0936', facts: { limit: sliceMax } });
      const counts = to.checkpoint?.counts ?? { rowsRead: 0, rowsWritten: 0, rowsSkipped: 0 };
      expect(to.rows).toHaveLength(counts.rowsWritten);
      expect(counts.rowsRead).toBe(counts.rowsWritten + counts.rowsSkipped);
      // What led to the end was told, committed or not.
      expect(books.parts.flatMap((part) => part.rejects).length).toBeGreaterThan(sliceMax);
      if (hasPositions) expect(counts.rowsSkipped).toBeGreaterThan(sliceMax);
    }
  });

  test('the server may end it, behind a commit', async () => {
    const [to, books] = [new Destination(), new Books()];
    books.answer = { isFull: false, excess: { records: 9 } };
    await expect(copy(to, books)).rejects.toMatchObject({ code: 'Cdm.0936', facts: { records: 9 } });
    expect(to.checkpoint?.sequence).toBe(1);
  });

  test('what is no longer kept is counted all the same', async () => {
    const [to, books] = [new Destination(), new Books()];
    books.answer = { isFull: true, excess: null };
    const done = await copy(to, books);
    expect(done.counts).toMatchObject({ rowsRead: 30, rowsWritten: 24, rowsSkipped: 6 });
    expect(books.parts.flatMap((part) => part.rejects)).toHaveLength(1);
    expect(books.parts.at(-1)).toMatchObject({ rowsSkipped: 6, rejects: [] });
  });
});

test('a plan that is not tolerant ends at the first row that was dropped, and names it', async () => {
  const to = new Destination();
  const strict = { ...plan, target: { ...target, form: 'rows' as const } };
  const sink = {
    openWriter: async () => ({
      resumed: null,
      write: async () => undefined,
      bytesWritten: () => 0,
      close: async () => undefined,
    }),
  } as unknown as SliceTools['sink'];
  const tools = { source: numbers(30), sink, ledger: new Books(), signal: never };
  const error: unknown = await copySlice(strict, slice, tools).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SluiceError);
  expect(error).toMatchObject({
    code: 'Cdm.0233',
    facts: { cause: 'seven', explanationEn: expect.stringContaining('behind row 5 of slice 2: (7)') },
  });
  expect(to.commits).toBe(0);
});
