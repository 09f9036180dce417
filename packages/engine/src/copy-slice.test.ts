import { setTimeout as sleep } from 'node:timers/promises';
import type { Sink, SliceWriter, Source } from '@sluice/core/connector/contract';
import type { RowBatch } from '@sluice/core/data/batch';
import {
  type Checkpoint,
  type Slice,
  type SliceCounts,
  type SliceTimes,
  zeroTimes,
} from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, test } from 'vitest';
import { copySlice, type SliceTools } from './copy-slice.ts';
import type { RunPlan } from './work.ts';

const slice: Slice = { no: 3, cut: null, label: 'all', rowsEstimate: null };
const plan: RunPlan = {
  target: {
    runKey: '00112233aabb',
    sourceColumns: [],
    sourcePrimaryKey: [],
    columnNames: ['n'],
    form: 'rows',
  },
  projection: { form: 'rows', columns: [{ name: 'n', cast: null }] },
  reason: 'test',
  warnings: [],
  slices: [slice],
};

/** A destination in memory with the contract's promises: rows and checkpoint become durable together or not at all. */
class MemoryDestination {
  readonly rows: number[] = [];
  checkpoint: Checkpoint | null = null;
  opened = 0;
  /** How long each write and each commit takes. */
  pauseMs = 0;
  /** What to do with commit number k (1, 2 …): lose the answer after or before it took effect. */
  readonly faults = new Map<
    number,
    'lost after commit' | 'lost before commit' | 'another came first' | 'fenced'
  >();
  commits = 0;

  readonly sink = {
    openWriter: async (): Promise<SliceWriter> => {
      this.opened++;
      const pending: number[] = [];
      const base = this.checkpoint;
      let sequence = base?.sequence ?? 0;
      let bytes = 0;
      return {
        resumed: base,
        write: async (batch) => {
          if (this.pauseMs > 0) await sleep(this.pauseMs);
          for (const row of (batch as RowBatch).rows) pending.push(Number(row[0]));
          bytes += batch.byteCount;
        },
        commit: async (counts, position, isComplete) => {
          if (this.pauseMs > 0) await sleep(this.pauseMs);
          const fault = this.faults.get(++this.commits);
          if (fault === 'another came first') {
            const theirs = { ...counts, rowsRead: counts.rowsRead + 2, rowsWritten: counts.rowsWritten + 2 };
            this.rows.push(...pending.splice(0), counts.rowsRead, counts.rowsRead + 1);
            this.checkpoint = {
              sequence: sequence + 1,
              position: counts.rowsRead + 1,
              counts: theirs,
              isComplete,
            };
            throw new SluiceError('Cdm.0234', {}, { retry: true });
          }
          if (fault === 'lost before commit') throw new SluiceError('Cdm.0234', {}, { retry: true });
          if (fault === 'fenced' || (this.checkpoint?.sequence ?? 0) !== sequence)
            throw new Fenced('slice 3');
          this.rows.push(...pending.splice(0));
          sequence++;
          this.checkpoint = { sequence, position, counts, isComplete };
          if (fault === 'lost after commit') throw new SluiceError('Cdm.0234', {}, { retry: true });
          return this.checkpoint;
        },
        bytesWritten: () => bytes,
        close: async () => undefined,
      };
    },
  } as unknown as Sink;
}

/** Numbers 0 … n-1 in batches of two; may stop after a batch as a crash would. */
function numbers(n: number, crashAt = Number.POSITIVE_INFINITY): Source {
  return {
    async *read(_slice: Slice, _projection: unknown, after: number | null) {
      for (let first = after === null ? 0 : after + 1; first < n; first += 2) {
        if (first >= crashAt) throw new Error('crash');
        const rows = [[first], [first + 1]].filter(([value]) => (value ?? n) < n);
        yield {
          form: 'rows',
          rows,
          rowCount: rows.length,
          byteCount: 10 * rows.length,
          position: first + rows.length - 1,
        };
      }
    },
  } as unknown as Source;
}

/** The same, with a pause before each batch. */
function slowly(source: Source, pauseMs: number): Source {
  return {
    async *read(...args: Parameters<Source['read']>) {
      for await (const batch of source.read(...args)) {
        await sleep(pauseMs);
        yield batch;
      }
    },
  } as unknown as Source;
}

/** The same, up to a row behind which the source fails. */
function cutAfter(source: Source, rows: number): Source {
  return {
    async *read(...args: Parameters<Source['read']>) {
      let seen = 0;
      for await (const batch of source.read(...args)) {
        if (seen >= rows) throw new Error('cut');
        seen += batch.rowCount;
        yield batch;
      }
    },
  } as unknown as Source;
}

const limits = { segmentBytes: 60, commitInquiriesMax: 2, commitInquiryPauseMs: 1, progressPauseMs: 1 };

function tools(source: Source, destination: MemoryDestination, extra: Partial<SliceTools> = {}) {
  const reported: Checkpoint[] = [];
  const seen: SliceCounts[] = [];
  const times: SliceTimes[] = [];
  const all: SliceTools = {
    source,
    sink: destination.sink,
    signal: new AbortController().signal,
    ledger: {
      checkpoint: async (_no, checkpoint, sofar) => {
        reported.push(checkpoint);
        times.push(sofar);
      },
      progress: (_no, counts) => void seen.push(counts),
    },
    limits,
    ...extra,
  };
  return { all, reported, seen, times };
}

const upTo = (n: number) => Array.from({ length: n }, (_, value) => value);

describe('copySlice', () => {
  test('commits in segments and at the end, and reports each checkpoint', async () => {
    const destination = new MemoryDestination();
    const { all, reported } = tools(numbers(15), destination);
    const last = await copySlice(plan, slice, all);
    expect(destination.rows).toEqual(upTo(15));
    expect(reported.map((checkpoint) => checkpoint.counts.rowsWritten)).toEqual([6, 12, 15]);
    expect(last).toMatchObject({ sequence: 3, isComplete: true, position: null });
    expect(last.counts).toMatchObject({ rowsRead: 15, rowsWritten: 15, bytesRead: 150, bytesWritten: 150 });
  });

  test('an empty slice is one complete checkpoint of nothing', async () => {
    const destination = new MemoryDestination();
    const last = await copySlice(plan, slice, tools(numbers(0), destination).all);
    expect(last).toMatchObject({ sequence: 1, isComplete: true, counts: { rowsRead: 0, rowsWritten: 0 } });
  });

  test('after a crash it goes on behind the last durable row', async () => {
    const destination = new MemoryDestination();
    await expect(copySlice(plan, slice, tools(numbers(15, 10), destination).all)).rejects.toThrow('crash');
    expect(destination.rows).toEqual(upTo(6));
    const { all, reported } = tools(numbers(15), destination);
    const last = await copySlice(plan, slice, all);
    expect(destination.rows).toEqual(upTo(15));
    expect(last.counts.rowsWritten).toBe(15);
    expect(reported.at(-1)?.sequence).toBe(3);
  });

  test('a commit that happened although its answer was lost is not repeated', async () => {
    for (const commit of [1, 2, 3]) {
      const destination = new MemoryDestination();
      destination.faults.set(commit, 'lost after commit');
      const last = await copySlice(plan, slice, tools(numbers(15), destination).all);
      expect(destination.rows).toEqual(upTo(15));
      expect(last.counts).toMatchObject({ rowsRead: 15, rowsWritten: 15, bytesWritten: 150 });
    }
  });

  test('a commit that did not happen fails the slice, and nothing of it is durable', async () => {
    const destination = new MemoryDestination();
    destination.faults.set(2, 'lost before commit');
    const { all, reported } = tools(numbers(15), destination);
    await expect(copySlice(plan, slice, all)).rejects.toMatchObject({ code: 'Cdm.0234' });
    expect(destination.rows).toEqual(upTo(6));
    expect(reported).toHaveLength(1);
  });

  test('a commit whose answer was lost while another attempt committed other rows is not taken for ours', async () => {
    const destination = new MemoryDestination();
    destination.faults.set(2, 'another came first');
    const { all, reported } = tools(numbers(15), destination);
    await expect(copySlice(plan, slice, all)).rejects.toBeInstanceOf(Fenced);
    expect(destination.rows).toEqual(upTo(14));
    expect(reported).toHaveLength(1);
    // The next attempt goes on behind what the other one left.
    await copySlice(plan, slice, tools(numbers(15), destination).all);
    expect(destination.rows).toEqual(upTo(15));
  });

  test('a complete slice is not read again', async () => {
    const destination = new MemoryDestination();
    await copySlice(plan, slice, tools(numbers(4), destination).all);
    const { all, reported } = tools(numbers(4, 0), destination);
    await copySlice(plan, slice, all);
    expect(destination.rows).toEqual(upTo(4));
    expect(reported).toHaveLength(1);
  });

  test('a replaced attempt stops with Fenced and writes nothing more', async () => {
    const destination = new MemoryDestination();
    destination.faults.set(2, 'fenced');
    await expect(copySlice(plan, slice, tools(numbers(15), destination).all)).rejects.toBeInstanceOf(Fenced);
    expect(destination.rows).toEqual(upTo(6));
  });

  test('progress counts what is under way and never less than what is durable', async () => {
    const destination = new MemoryDestination();
    const { all, seen } = tools(slowly(numbers(15), 5), destination);
    await copySlice(plan, slice, all);
    const rows = seen.map((counts) => counts.rowsRead);
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    expect(new Set(rows).size).toBeGreaterThan(3);
    expect(rows.at(-1)).toBeGreaterThanOrEqual(12);
  });

  test('progress is reported by the clock, however many batches there are, and while nothing comes', async () => {
    const destination = new MemoryDestination();
    const quick = tools(numbers(2_000), destination, { limits: { ...limits, progressPauseMs: 10_000 } });
    await copySlice(plan, slice, quick.all);
    expect(quick.seen).toEqual([]);
    const slow = tools(slowly(numbers(2), 60), new MemoryDestination());
    await copySlice(plan, slice, slow.all);
    expect(slow.seen.filter((counts) => counts.rowsRead === 0).length).toBeGreaterThan(2);
    // And no more of it once the slice is over.
    const reports = slow.seen.length;
    await sleep(20);
    expect(slow.seen).toHaveLength(reports);
  });

  test('each checkpoint comes with the times of the attempt so far: who waited for whom', async () => {
    const waitsForSource = tools(slowly(numbers(15), 10), new MemoryDestination());
    await copySlice(plan, slice, waitsForSource.all);
    const last = waitsForSource.times.at(-1) ?? zeroTimes;
    expect(waitsForSource.times).toHaveLength(3);
    expect(last.sourceMs).toBeGreaterThan(40);
    expect(last.sourceMs).toBeGreaterThan(5 * last.destinationMs);

    const destination = new MemoryDestination();
    destination.pauseMs = 10;
    const waitsForDestination = tools(numbers(15), destination);
    await copySlice(plan, slice, waitsForDestination.all);
    const other = waitsForDestination.times.at(-1) ?? zeroTimes;
    expect(other.destinationMs).toBeGreaterThan(40);
    expect(other.commitMs).toBeGreaterThan(15);
    expect(other.destinationMs).toBeGreaterThan(5 * other.sourceMs);
  });

  test('the report of a commit is stored beside the next rows, and one that is refused ends the slice', async () => {
    const destination = new MemoryDestination();
    const { all } = tools(numbers(40), destination);
    let underWay = 0;
    const numbersSeen: number[] = [];
    const slow = {
      ...all.ledger,
      checkpoint: async (_no: number, checkpoint: Checkpoint) => {
        underWay += 1;
        expect(underWay).toBe(1);
        await sleep(5);
        underWay -= 1;
        numbersSeen.push(checkpoint.sequence);
      },
    };
    const last = await copySlice(plan, slice, { ...all, ledger: slow });
    expect(numbersSeen).toEqual(Array.from({ length: last.sequence }, (_, i) => i + 1));

    const refusing = { ...all.ledger, checkpoint: async () => Promise.reject(new Fenced('the run')) };
    const other = new MemoryDestination();
    const refused = copySlice(plan, slice, { ...tools(numbers(40), other).all, ledger: refusing });
    await expect(refused).rejects.toBeInstanceOf(Fenced);
    // Not a row beyond the segment that was under way when the answer came.
    expect(other.rows.length).toBeLessThanOrEqual(12);
  });

  test('a slice that fails tells its failure after all that it committed', async () => {
    const destination = new MemoryDestination();
    const stored: number[] = [];
    const { all } = tools(numbers(40), destination);
    const ledger = {
      ...all.ledger,
      checkpoint: async (_no: number, { sequence }: Checkpoint) => {
        // The second report is still under way when the source fails.
        await sleep(sequence === 2 ? 30 : 0);
        stored.push(sequence);
      },
    };
    const cut = cutAfter(all.source, 15);
    await expect(copySlice(plan, slice, { ...all, source: cut, ledger })).rejects.toThrow('cut');
    expect(destination.checkpoint?.sequence).toBe(2);
    expect(stored).toEqual([1, 2]);
  });

  test('an abort ends the slice at the next batch', async () => {
    const destination = new MemoryDestination();
    const controller = new AbortController();
    const { all } = tools(numbers(100), destination, { signal: controller.signal });
    const ledger = {
      ...all.ledger,
      checkpoint: async () => controller.abort(new Error('stopped')),
    };
    await expect(copySlice(plan, slice, { ...all, ledger })).rejects.toThrow('stopped');
    expect(destination.rows).toEqual(upTo(6));
  });
});

test.each([
  [true, false],
  [false, true],
])(
  'a destination that keeps failed rows (%s): a cut source is to be retried: %s',
  async (keepsFailedRows, retry) => {
    const destination = new MemoryDestination();
    const sink = {
      openWriter: async () => ({
        ...(await destination.sink.openWriter(plan.target, slice)),
        keepsFailedRows,
      }),
    } as unknown as Sink;
    const source = {
      async *read() {
        yield { form: 'rows', rows: [[1]], rowCount: 1, byteCount: 1, position: null };
        throw new SluiceError('Cdm.0233', { cause: 'the connection was cut' }, { retry: true });
      },
    } as unknown as Source;
    const ledger = { checkpoint: async () => undefined, progress: () => undefined };
    const { signal } = new AbortController();
    await expect(copySlice(plan, slice, { source, sink, ledger, signal })).rejects.toMatchObject({
      code: 'Cdm.0233',
      facts: { cause: 'the connection was cut' },
      retry,
      isFinal: keepsFailedRows,
    });
  },
);
