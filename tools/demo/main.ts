// `npm run demo`: a real PostgreSQL, a real server, one copy through the public API, and the proof that every
// row arrived. `--json` ends with one object on standard output; `--keep` leaves all running in a terminal.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../servers/postgres.ts';
import { type RunningServer, ServerUnavailable } from '../servers/running-server.ts';
import { SluiceProcess } from '../sluice-process/sluice-process.ts';
import { makeLineitem, proofOf, type TableProof } from './lineitem.ts';
import { createCluster, createJob, createLink, type RunStatus, runJob } from './lineitem-job.ts';
import { PeakMemory } from './peak-memory.ts';
import { grouped, ProgressDisplay } from './progress-line.ts';
import { SignedClient } from './signed-client.ts';
import { demoTexts } from './texts.ts';
import { verdictOf } from './verdict.ts';

const ROWS = 1_200_000;
const SEED = 20_260_101;
const USAGE = 'usage: npm run demo -- [--json] [--keep] [--rows N]';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    rows: { type: 'string', default: String(ROWS) },
  },
});
const rowsWanted = Number(values.rows);
if (!Number.isSafeInteger(rowsWanted) || rowsWanted < 1) {
  process.stderr.write(`--rows wants a whole number from 1 on\n${USAGE}\n`);
  process.exit(2);
}

const texts = demoTexts(process.env);
/** With --json, standard output has the result only. */
const stream = values.json ? process.stderr : process.stdout;
const say = (line: string) => void stream.write(`${line}\n`);

/** What was started, the last first: stopped in that order whatever happens. */
const cleanups: (() => Promise<unknown>)[] = [];
async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0)) {
    await cleanup().catch((error: Error) => say(error.message));
  }
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => void cleanUp().then(() => process.exit(code)));
}

interface DemoResult {
  readonly ok: boolean;
  /** Of the run, as the API has it. */
  readonly status: string;
  readonly rows: number;
  readonly countsEqual: boolean;
  readonly checksumsEqual: boolean;
  /** From the command to the result. */
  readonly seconds: number;
  /** Peak of the server and its workers together. */
  readonly rssMb: number;
}

async function connect(server: RunningServer, database: string): Promise<pg.Client> {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  cleanups.unshift(() => client.end());
  return client;
}

async function startServers(): Promise<{ database: RunningServer; sluice: SluiceProcess }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-demo-'));
  cleanups.unshift(() => rm(folder, { recursive: true, force: true }));
  const starts = [
    // More room between checkpoints: the demo writes all of its data within seconds. Every commit is synced.
    startPostgres({ settings: { max_wal_size: '4GB', shared_buffers: '256MB' } }).then((server) => {
      cleanups.unshift(() => server.stop());
      return server;
    }),
    SluiceProcess.start({ dataFolder: path.join(folder, 'data') }).then((server) => {
      cleanups.unshift(() => server.stop());
      return server;
    }),
  ] as const;
  // Both are settled before a failure of one is passed on, so that the other is known to the clean-up.
  await Promise.allSettled(starts);
  const [database, sluice] = await Promise.all(starts);
  return { database, sluice };
}

async function demo(startedAt: number): Promise<{ result: DemoResult; sluice: SluiceProcess }> {
  say(texts.startingServers);
  const { database, sluice } = await startServers();

  say(texts.filling(grouped(rowsWanted)));
  const admin = await connect(database, 'postgres');
  await admin.query('CREATE DATABASE demo_source');
  await admin.query('CREATE DATABASE demo_target');
  const source = await connect(database, 'demo_source');
  await makeLineitem(source, rowsWanted, SEED);

  say(texts.creatingCluster);
  const client = await SignedClient.connect(sluice);
  const clusterPath = await createCluster(client);
  say(texts.creatingJob);
  await createLink(client, clusterPath, 'demo_source', database, 'demo_source');
  await createLink(client, clusterPath, 'demo_target', database, 'demo_target');
  await createJob(client, clusterPath, 'demo_source', 'demo_target');

  const memory = new PeakMemory(sluice);
  const display = new ProgressDisplay(stream, texts);
  const copyStartedAt = performance.now();
  const run = await runJob(client, clusterPath, async ({ progress }) => {
    await memory.sample();
    display.show({
      percent: Number(progress),
      rowsTotal: rowsWanted,
      elapsedMs: performance.now() - copyStartedAt,
    });
  });
  const copySeconds = (performance.now() - copyStartedAt) / 1_000;
  display.end();
  say(texts.finalStatus(String(run.status)));
  say(JSON.stringify(run, null, 2));

  const result = await judge(run, source, await connect(database, 'demo_target'), startedAt, memory);
  const [total, server, workers] = [result.seconds, memory.serverMb, memory.workersMb].map(String);
  say(texts.measured(copySeconds.toFixed(1), total ?? '', server ?? '', workers ?? ''));
  return { result, sluice };
}

/** Both databases are asked; a target table that is missing holds nothing. */
async function judge(
  run: RunStatus,
  source: pg.Client,
  target: pg.Client,
  startedAt: number,
  memory: PeakMemory,
): Promise<DemoResult> {
  say(texts.proving);
  const nothing: TableProof = { rows: 0, checksum: '-' };
  const [before, after] = await Promise.all([
    proofOf(source),
    proofOf(target).catch((error: Error) => {
      say(error.message);
      return nothing;
    }),
  ]);
  const { ok, countsEqual, checksumsEqual } = verdictOf(run.status, rowsWanted, before, after);
  say(texts.counts(grouped(before.rows), grouped(after.rows), countsEqual));
  say(texts.checksums(before.checksum, after.checksum, checksumsEqual));
  return {
    ok,
    status: String(run.status),
    rows: after.rows,
    countsEqual,
    checksumsEqual,
    seconds: Number(((performance.now() - startedAt) / 1_000).toFixed(1)),
    rssMb: memory.serverMb + memory.workersMb,
  };
}

function sayAccess(sluice: SluiceProcess, heading: string, commands: readonly string[]): void {
  say(heading);
  say(`  ${sluice.endpoint}  region ${sluice.region}  AK ${sluice.accessKey}  SK ${sluice.secretKey}`);
  say(texts.next);
  for (const command of commands) say(`  ${command}`);
}

async function main(): Promise<number> {
  const failed = { ok: false, rows: 0, countsEqual: false, checksumsEqual: false, rssMb: 0 };
  let result: DemoResult;
  try {
    const done = await demo(performance.now());
    result = done.result;
    say(result.ok ? texts.proved : texts.refuted);
    if (values.keep && process.stdin.isTTY && result.ok) {
      const { endpoint } = done.sluice;
      sayAccess(done.sluice, texts.running, [
        `curl ${endpoint}/healthz`,
        'npm run prove',
        'npm run conformance',
      ]);
      // The signal handlers above end it.
      await new Promise(() => undefined);
    }
    sayAccess(done.sluice, texts.stopped, ['npm run demo -- --keep', 'npm run sluice -- up', 'npm test']);
  } catch (error) {
    const seconds = 0;
    if (error instanceof ServerUnavailable) {
      say(texts.unavailable(error.message));
      result = { ...failed, status: 'UNAVAILABLE', seconds };
    } else {
      say((error as Error).stack ?? String(error));
      result = { ...failed, status: 'ERROR', seconds };
    }
  }
  await cleanUp();
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return result.ok ? 0 : 1;
}

process.exitCode = await main();
