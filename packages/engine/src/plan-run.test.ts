import type { Sink, Source } from '@sluice/core/connector/contract';
import { expect, test } from 'vitest';
import { planRun } from './plan-run.ts';
import type { RunWork } from './work.ts';

const work = { runKey: '00112233aabb', mapping: { from: null, to: null }, extractors: 1 } as RunWork;

/** A source that offers tuples of its own, or made from rows of another system, and a sink that takes them as they are or not. */
function ends(form: 'pgcopy-binary' | 'rows', isMade: boolean, isConverted: boolean): [Source, Sink] {
  const source = {
    describe: async () => ({ columns: [], primaryKey: [] }),
    offer: () => ({ columns: [], forms: [form], ...(isMade ? { byteFormsBy: 'kernels make them' } : {}) }),
    split: async () => [],
  } as unknown as Source;
  const sink = {
    agree: async () => ({
      projection: { form, columns: [] },
      reason: 'test',
      warnings: [],
      columnNames: [],
      ...(isConverted ? { convertsBytes: true } : {}),
    }),
  } as unknown as Sink;
  return [source, sink];
}

test.each([
  { form: 'pgcopy-binary', isMade: false, isConverted: false, way: 'splice' },
  { form: 'pgcopy-binary', isMade: true, isConverted: false, way: 'transcode' },
  { form: 'pgcopy-binary', isMade: false, isConverted: true, way: 'transcode' },
  { form: 'pgcopy-binary', isMade: true, isConverted: true, way: 'transcode' },
  { form: 'rows', isMade: true, isConverted: false, way: 'rows' },
] as const)(
  'with stand-ins: $form, made by the source $isMade, converted by the sink $isConverted: $way',
  async ({ form, isMade, isConverted, way }) => {
    expect((await planRun(work, ...ends(form, isMade, isConverted))).way).toBe(way);
  },
);
