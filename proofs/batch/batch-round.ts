import { setTimeout as sleep } from 'node:timers/promises';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { CdmCluster } from '../kill/cdm-cluster.ts';
import { isRunActive } from '../kill/recorded-state.ts';
import { seededRandom } from '../kill/seeded-random.ts';
import { type Breakage, breakages, type TableSet } from './table-set.ts';

/** What one round found out; all of it must be zero, or as many as was asked for. */
export interface RoundResult {
  readonly tables: number;
  readonly rows: number;
  readonly kills: number;
  /** Of these, those that met the run while it was under way. */
  readonly killsLanded: number;
  /** Seconds from the first start to the last end. */
  readonly seconds: number;
  /** What is not as promised, in words. */
  readonly faults: readonly string[];
}

export interface RoundSettings {
  readonly from: TableSet;
  readonly to: TableSet;
  readonly folder: string;
  readonly tables: number;
  readonly broken: number;
  readonly seed: number;
  /** Kills of the server in the first run, and in the retry. */
  readonly kills: readonly [number, number];
  readonly script?: string;
  readonly log: (line: string) => void;
}

interface ShownTable {
  readonly table: string;
  readonly state: string;
  readonly job_name: string;
  readonly run_id: string | null;
  readonly is_taken_over: boolean;
  readonly durable: { readonly rows_read: number; readonly rows_written: number };
  readonly failure: { readonly code: string; readonly summary: string } | null;
}

/** The whole of it must be over by then, in milliseconds. */
const runEndMs = 600_000;
/** One page asks for all of them. */
const pageSize = 1_000;

/**
 * Moves a database of many tables of which some cannot be written, with `kill -9` of the server on the way; looks at every
 * table through the API and in both databases; mends what was broken, retries, and looks again.
 */
export async function batchRound(settings: RoundSettings): Promise<RoundResult> {
  const { from, to, folder, seed, log } = settings;
  const random = seededRandom(seed);
  const faults: string[] = [];
  const expect = (what: string, seen: unknown, wanted: unknown) => {
    if (JSON.stringify(seen) !== JSON.stringify(wanted))
      faults.push(`${what}: ${JSON.stringify(seen)} and not ${JSON.stringify(wanted)}`);
  };
  const names = Array.from({ length: settings.tables }, (_none, no) => `t${String(no).padStart(3, '0')}`);
  // Every tenth is empty.
  const rowsOf = (no: number) => (no % 10 === 9 ? 0 : 20 + ((no * 37) % 400));
  await from.fill(names, rowsOf);
  // Spread over the tables, and none of them empty.
  const broken = new Map<string, Breakage>();
  for (let no = 0; no < settings.broken; no += 1) {
    const at = Math.floor(((no + 0.5) * names.length) / settings.broken);
    const name = names[at % 10 === 9 ? at - 1 : at] ?? '';
    broken.set(name, breakages[no % breakages.length] ?? 'narrow column');
  }
  for (const [name, way] of broken) await to.damage(name, way);
  const source = await from.digests(names);
  const rowsOfAll = [...source.values()].reduce((sum, { rows }) => sum + rows, 0);

  const server = await SluiceProcess.start({
    dataFolder: folder,
    ...(settings.script === undefined ? {} : { script: settings.script }),
  });
  let kills = 0;
  let killsLanded = 0;
  const begin = performance.now();
  try {
    const cluster = await CdmCluster.create(server);
    for (const side of [from, to]) await cluster.createLink(side);
    const job = 'whole';
    await cluster.createBatchJob(job, from, to, { tablesAtOnce: 6, extractors: 1 });
    await cluster.startJob(job);
    const client = await SignedClient.connect(server);

    async function killed(times: number): Promise<void> {
      for (let no = 0; no < times; no += 1) {
        await sleep(200 + random() * 1_300);
        await server.kill();
        if (isRunActive(folder, job)) killsLanded += 1;
        await server.startAgain();
        kills += 1;
      }
    }
    async function shown(): Promise<{ readonly runId: string; readonly tables: readonly ShownTable[] }> {
      const { runs } = (await client.call('GET', `${cluster.ownPath}/jobs/${job}/runs`)) as {
        runs: { id: string }[];
      };
      const runId = runs[0]?.id ?? '';
      const path = `${cluster.ownPath}/jobs/${job}/runs/${runId}/tables?page_size=${pageSize}`;
      return { runId, tables: (await client.call('GET', path)).tables as ShownTable[] };
    }

    // Somebody else's single job, in a cluster of its own, does not wait for all of these.
    const lone = await loneJob(server, from, to, names[0] ?? '', cluster, job);
    expect('a lone job of another cluster', lone, { status: 'SUCCEEDED', whileWhole: 'RUNNING' });
    await killed(settings.kills[0]);
    const first = await cluster.waitForEnd(job, runEndMs);
    log(`${from.kind} to ${to.kind}: ${first.status} (${first.summary})`);
    expect('first end', [first.status, first.runCount], ['FAILED', 1]);
    const named = [...broken.keys()].sort();
    expect(
      'tables named in the summary',
      /failed: (.*)\./.exec(first.summary ?? '')?.[1]?.split(', ') ?? [],
      named,
    );
    const before = await shown();
    expect(
      'tables of the run',
      before.tables.map(({ table }) => table),
      names,
    );
    expect(
      'tables that failed',
      before.tables.filter(({ state }) => state === 'failed').map(({ table }) => table),
      named,
    );
    expect(
      'tables in other states',
      before.tables.filter(({ state }) => !['succeeded', 'failed'].includes(state)),
      [],
    );
    await eachChild(cluster, before.tables, expect);
    await eachTable(
      to,
      names.filter((name) => !broken.has(name)),
      source,
      before.tables,
      expect,
    );

    // Mend, and mark what must not be moved again: a row that is gone stays gone.
    for (const [name, way] of broken) await to.mend(name, way);
    const marked: string[] = [];
    for (const [no, name] of names.entries()) {
      if (!broken.has(name) && no % 3 === 0 && (await to.mark(name))) marked.push(name);
    }
    await cluster.retryTables(job, before.runId);
    await killed(settings.kills[1]);
    const second = await cluster.waitForEnd(job, runEndMs);
    log(`retry: ${second.status}, ${second.rowsWritten} rows in all`);
    expect('second end', [second.status, second.runCount], ['SUCCEEDED', 2]);
    expect('rows of all tables', [second.rowsRead, second.rowsWritten], [rowsOfAll, rowsOfAll]);
    const after = await shown();
    expect(
      'tables that moved again',
      after.tables.filter((table) => !table.is_taken_over).map(({ table }) => table),
      named,
    );
    const runOf = new Map(before.tables.map(({ table, run_id }) => [table, run_id]));
    const another = after.tables.filter(
      ({ table, run_id }) => !broken.has(table) && runOf.get(table) !== run_id,
    );
    expect('taken over under another run', another, []);
    await eachChild(cluster, after.tables, expect);
    const unmarked = names.filter((name) => !marked.includes(name));
    await eachTable(to, unmarked, source, after.tables, expect);
    const left = await to.digests(marked);
    expect(
      'tables that were moved although they were complete',
      marked.filter((name) => left.get(name)?.rows !== (source.get(name)?.rows ?? 0) - 1),
      [],
    );
    expect('tables at the destination', [...(await to.names())].sort(), names);
  } finally {
    await server.stop();
  }
  const seconds = Number(((performance.now() - begin) / 1_000).toFixed(1));
  for (const fault of faults.slice(0, 8)) log(`fault: ${fault.slice(0, 400)}`);
  return { tables: names.length, rows: rowsOfAll, kills, killsLanded, seconds, faults };
}

/** Starts a job of one table in another cluster; tells how it ended, and how the whole database stood then. */
async function loneJob(
  server: SluiceProcess,
  from: TableSet,
  to: TableSet,
  table: string,
  whole: CdmCluster,
  wholeJob: string,
): Promise<{ readonly status: string | null; readonly whileWhole: string }> {
  const cluster = await CdmCluster.create(server);
  for (const side of [from, to]) await cluster.createLink(side);
  await to.makeEmpty('lone_copy');
  await cluster.createJob('lone', from, to, 'lone_copy', 1, { fromTable: table });
  await cluster.startJob('lone');
  const { status } = await cluster.waitForEnd('lone', runEndMs);
  const standing = await whole.status(wholeJob);
  await to.drop('lone_copy');
  return { status, whileWhole: standing.status };
}

type Expect = (what: string, seen: unknown, wanted: unknown) => void;

/** The CDM API tells of each table what our own does, under the name that clients put together. */
async function eachChild(cluster: CdmCluster, tables: readonly ShownTable[], expect: Expect): Promise<void> {
  for (const { table, state, job_name, durable } of tables) {
    expect(`name of ${table}`, job_name, `whole_${table}`);
    const { status, rowsWritten } = await cluster.status(`whole_${table}`);
    expect(`status of ${table}`, status, state === 'succeeded' ? 'SUCCEEDED' : 'FAILED');
    if (state === 'succeeded') expect(`counter of ${table}`, rowsWritten, durable.rows_written);
  }
}

/** The databases say of each table the same, and our counters what they say. */
async function eachTable(
  to: TableSet,
  names: readonly string[],
  source: ReadonlyMap<string, { readonly rows: number; readonly hash: string }>,
  tables: readonly ShownTable[],
  expect: Expect,
): Promise<void> {
  const found = await to.digests(names);
  const shown = new Map(tables.map((table) => [table.table, table]));
  for (const name of names) {
    expect(`contents of ${name}`, found.get(name), source.get(name));
    expect(`counted of ${name}`, shown.get(name)?.durable.rows_written, source.get(name)?.rows);
  }
}
