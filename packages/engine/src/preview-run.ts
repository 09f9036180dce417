import type { Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { Finding, StageResult } from '@sluice/core/connector/inspection';
import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import type { SinkPreview, SourcePreview } from '@sluice/core/connector/run-preview';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { testStages } from './inspect-link.ts';
import { planWork } from './plan-run.ts';
import type { PreviewReach, PreviewTotals, PreviewWish } from './preview-work.ts';
import { windowed } from './read-window.ts';
import type { RunEnd, RunPlan, RunPreview, TaskOf } from './work.ts';

/** What is known before anything is planned. */
const nothing: RunPreview = {
  reach: null,
  plan: null,
  sliceCount: 0,
  totals: null,
  holdsMoments: false,
  source: null,
  sink: null,
  refusal: null,
};

/**
 * Plans a run as it would be planned had it been started, and says what it would send. Connections are its own, are told that
 * they must not write, and are closed when it ends.
 * @throws the signal's reason; what is no finding but a fault of ours.
 */
export async function previewRun(
  { work, wish }: TaskOf<'preview'>,
  registry: ConnectorRegistry,
  host: Host,
): Promise<RunPreview> {
  // Whoever is still on the way when the answer is there, a session that is being opened, ends with it.
  const done = new AbortController();
  const signal = AbortSignal.any([host.signal, done.signal]);
  const opened: Connection[] = [];
  const open = async (of: RunEnd, end: 'source' | 'destination'): Promise<Connection> => {
    const connection = await registry.get(of.connector).open(of.link, {
      ...host,
      signal,
      end,
      isReadOnly: true,
    });
    opened.push(connection);
    return connection;
  };
  let known = nothing;
  try {
    const from = await open(work.from, 'source');
    const to = await open(work.to, 'destination');
    const ends = { source: from.source(work.from.options), sink: to.sink(work.to.options) };
    if (wish.testMs !== null) {
      const reach = await testBoth(from, to, ends.sink, wish.testMs, work.to, host.signal);
      known = { ...known, reach };
      if (hasFailed(reach.source) || hasFailed(reach.destination)) return known;
    }
    const plan = await planWork(work, ends.source, ends.sink);
    known = { ...known, ...planned(plan, ends.source, wish) };
    return withinChars(await shown(known, plan, ends, wish), wish.textCharsMax);
  } catch (error) {
    host.signal.throwIfAborted();
    return { ...withinChars(known, wish.textCharsMax), refusal: findingOf(error) };
  } finally {
    done.abort(new Error('the plan was shown'));
    await Promise.all(opened.map((connection) => connection.close()));
  }
}

function planned(
  plan: RunPlan,
  source: Source,
  { sliceOffset, sliceLimit }: PreviewWish,
): Pick<RunPreview, 'plan' | 'sliceCount' | 'holdsMoments'> {
  const slices = plan.slices.slice(sliceOffset, sliceOffset + sliceLimit);
  return {
    plan: { ...plan, slices },
    sliceCount: plan.slices.length,
    holdsMoments: source.snapshots !== undefined,
  };
}

/** Adds what the ends say of the plan. */
async function shown(
  known: RunPreview,
  plan: RunPlan,
  ends: { readonly source: Source; readonly sink: Sink },
  wish: PreviewWish,
): Promise<RunPreview> {
  const sink = (await ends.sink.preview?.(plan.target)) ?? null;
  const read = windowed(ends.source, plan.window);
  const slices = known.plan?.slices ?? [];
  const source = (await read.preview?.(slices, plan.projection)) ?? null;
  const totals = await totalsOf(plan, source, read, wish);
  return { ...known, sink, source, totals };
}

/** What the slices hold together: the sum of their estimates where all of them are shown, else what is known of the table. */
async function totalsOf(
  plan: RunPlan,
  source: SourcePreview | null,
  read: Source,
  { sliceOffset }: PreviewWish,
): Promise<PreviewTotals> {
  const shownSlices = source?.slices ?? [];
  const basis = shownSlices[0]?.basis ?? null;
  const isWhole = sliceOffset === 0 && shownSlices.length === plan.slices.length && shownSlices.length > 0;
  if (isWhole && basis !== null && shownSlices.every((slice) => slice.basis === basis)) {
    const sum = (numbers: readonly (number | null)[]) =>
      numbers.reduce((a, b) => (a === null || b === null ? null : a + b), 0);
    return {
      rowsEstimate: sum(shownSlices.map((slice) => slice.rowsEstimate)),
      bytesEstimate: sum(shownSlices.map((slice) => slice.bytesEstimate)),
      basis,
    };
  }
  const { rowsEstimate, bytesEstimate } = await read.describe();
  return {
    rowsEstimate,
    bytesEstimate,
    basis: rowsEstimate === null && bytesEstimate === null ? null : 'statistics',
  };
}

async function testBoth(
  from: Connection,
  to: Connection,
  sink: Sink,
  testMs: number,
  { options }: RunEnd,
  signal: AbortSignal,
): Promise<PreviewReach> {
  const schema = options['toJobConfig.schemaName'];
  const test = async (
    { inspector }: Connection,
    isDestination: boolean,
  ): Promise<readonly StageResult[] | null> => {
    if (inspector === undefined) return null;
    const purpose = { isDestination, schema: typeof schema === 'string' && schema !== '' ? schema : null };
    return await testStages(inspector, purpose, testMs, signal);
  };
  // A sink that tells its rights knows better what this job makes there than a test of the link.
  const [source, destination] = await Promise.all([test(from, false), test(to, sink.preview === undefined)]);
  return { source, destination };
}

function hasFailed(stages: readonly StageResult[] | null): boolean {
  return stages?.some(({ state }) => state === 'failed') === true;
}

function findingOf(error: unknown): Finding {
  if (error instanceof SluiceError) return { code: error.code, facts: error.facts };
  throw error;
}

/** Statements of people may be megabytes long, and there may be a thousand slices of them. */
function withinChars(preview: RunPreview, charsMax: number): RunPreview {
  let left = charsMax;
  const cut = <T extends { readonly sql: string }>(text: T): T => {
    const kept = Math.min(text.sql.length, Math.max(0, left));
    left -= kept;
    return kept === text.sql.length ? text : { ...text, sql: text.sql.slice(0, kept), isCut: true };
  };
  const sink: SinkPreview | null =
    preview.sink === null ? null : { ...preview.sink, statements: preview.sink.statements.map(cut) };
  const source: SourcePreview | null =
    preview.source === null ? null : { ...preview.source, slices: preview.source.slices.map(cut) };
  return { ...preview, sink, source };
}
