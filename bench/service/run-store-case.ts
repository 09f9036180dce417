import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import { startPostgres } from '../../tools/servers/postgres.ts';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { SluiceCluster } from '../candidates/sluice-cluster.ts';
import { Cleanups } from '../cleanups.ts';
import { ProcessTable, peakRssMb } from '../measure/process-table.ts';
import { rounded } from '../measure/statistics.ts';
import { conditionsNow, loadNow } from '../report/conditions.ts';
import { type AnswerTimes, Asking } from './asking.ts';
import type { StoreCase } from './service-case.ts';
import { type FigureTable, judged, type ServiceResult } from './service-result.ts';
import { filledJobName, fillPostgres, fillSqlite, type StoreFilling } from './store-filling.ts';
import { storeQuestions } from './store-questions.ts';
import { projectToken } from './token.ts';

const QUESTIONS_DEFAULT = 200;
/** Runs of so many days are there; the housekeeping that is measured removes those of the oldest. */
const DAYS = 29;
const KEPT_DAYS = DAYS - 1;
const HOUSEKEEPING_LIMIT_MS = 10 * 60_000;
/** Between two questions while the housekeeping works, in milliseconds. */
const PAUSE_MS = 5;
const DATABASE = 'sluice_store';

type StoreName = 'SQLite' | 'PostgreSQL';

interface StoreFigures {
  readonly store: StoreName;
  readonly fillSeconds: number;
  readonly storeMb: number;
  /** Start of the process to its first answer; of a store that was just made, and of the filled one. */
  readonly emptyStartMs: number;
  readonly filledStartMs: number;
  /** Of the server: after its start, and the most until the end. */
  readonly startRssMb: number;
  readonly peakRssMb: number;
  readonly questions: readonly { readonly name: string; readonly times: AnswerTimes }[];
  readonly housekeeping: {
    readonly runs: number;
    readonly seconds: number;
    readonly serverCpuSeconds: number;
    /** Of the status of one job, asked meanwhile. */
    readonly status: AnswerTimes;
  };
}

interface StorePlace {
  readonly name: StoreName;
  readonly env: Readonly<Record<string, string>>;
  fill(dataFolder: string, filling: StoreFilling): Promise<void>;
  sizeMb(dataFolder: string): Promise<number>;
}

/** Lists, filters, status and history of a store with years of work in it, on each database that Sluice keeps its state in. */
export async function runStoreCase(
  value: StoreCase,
  options: { readonly runs?: number; readonly scale: number; readonly say: (line: string) => void },
): Promise<ServiceResult> {
  const { say, scale } = options;
  const count = options.runs ?? QUESTIONS_DEFAULT;
  const filled = {
    jobs: Math.max(10, Math.round(value.jobs * scale)),
    runs: Math.max(100, Math.round(value.runs * scale)),
  };
  const loadAtStart = loadNow();
  const cleanups = new Cleanups();
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'));
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const postgres = await startPostgres();
    cleanups.add(() => postgres.stop());
    const conditions = conditionsNow([], loadAtStart);
    const figures: StoreFigures[] = [];
    for (const place of [sqlite, await postgresPlace(postgres.url)]) {
      say(`  ${place.name}`);
      figures.push(await measure(place, path.join(folder, place.name), filled, count, say));
    }
    const targets = value.targets.flatMap(({ p95AtMostMs }) =>
      figures.flatMap(({ store, questions }) =>
        questions.map(({ name, times }) =>
          judged({ what: `${store}, ${name}: 95th percentile, ms`, atMost: p95AtMostMs }, times.p95Ms),
        ),
      ),
    );
    return {
      kind: 'store',
      case: value.name,
      ok: targets.every(({ state }) => state === 'met'),
      title: `a store with ${filled.jobs} jobs and ${filled.runs} runs (scale ${scale})`,
      how: [
        `Of every ten runs one is of one job, the busiest; the others go round. Each run has a plan, one slice and its checkpoint. PostgreSQL ${postgres.version} on its default settings.`,
        `One client asks over a kept-alive connection, with a token, one question after the other, ${count} of each kind; times are the client's.`,
        `The housekeeping is that of a start with --history-days ${KEPT_DAYS}, which makes the runs of the oldest day due; meanwhile the client asks for the status of one job every ${PAUSE_MS} ms.`,
      ],
      tables: [questionTable(figures), costTable(figures)],
      targets,
      figures,
      conditions: { ...conditions, servers: { postgres: postgres.version } },
    };
  } finally {
    await cleanups.run(say);
  }
}

async function measure(
  place: StorePlace,
  dataFolder: string,
  filled: { readonly jobs: number; readonly runs: number },
  count: number,
  say: (line: string) => void,
): Promise<StoreFigures> {
  const env: Record<string, string> = { ...place.env };
  const server = await SluiceProcess.start({ dataFolder, env });
  let asking: Asking | null = null;
  try {
    const { projectId } = await SignedClient.connect(server);
    const cluster = await SluiceCluster.create(server);
    const token = await projectToken(server, projectId);
    asking = new Asking(server.endpoint, token);
    await server.stop();
    const emptyStartMs = await timed(() => server.startAgain());
    await server.stop();
    const filling = { projectId, clusterId: cluster.id, ...filled, days: DAYS };
    const fillMs = await timed(() => place.fill(dataFolder, filling));
    say(`    filled in ${(fillMs / 1_000).toFixed(1)} s`);
    const filledStartMs = await timed(() => server.startAgain());
    const startRssMb = rssNow(await readFile(`/proc/${server.pid}/status`, 'utf8'));

    const own = `/api/v1/projects/${projectId}/clusters/${cluster.id}`;
    const questions: { name: string; times: AnswerTimes }[] = [];
    for (const { name, paths } of storeQuestions(cluster.path, own, filled, count)) {
      // What nobody has asked yet is compiled, and its pages are read, at the first question.
      await asking.ask(paths[0] ?? '');
      const times = await asking.times(paths);
      questions.push({ name, times });
      say(`    ${name.padEnd(46)} p50 ${times.p50Ms} ms, p95 ${times.p95Ms} ms, max ${times.maxMs} ms`);
    }
    const peak = peakRssMb(server.pid);
    const storeMb = await place.sizeMb(dataFolder);
    await server.stop();

    env.SLUICE_HISTORY_DAYS = String(KEPT_DAYS);
    const begun = performance.now();
    await server.startAgain();
    const status = `${cluster.path}/job/${filledJobName(1)}/status`;
    const deadline = Date.now() + HOUSEKEEPING_LIMIT_MS;
    let done: { readonly runs: number } | null = null;
    const times = await asking.timesUntil(status, PAUSE_MS, async () => {
      done = housekeepingOf(await readFile(server.logFile, 'utf8'));
      if (done === null && Date.now() > deadline) throw new Error('the housekeeping has not ended');
      return done !== null;
    });
    const seconds = rounded((performance.now() - begun) / 1_000, 2);
    const runs = (done as { readonly runs: number } | null)?.runs ?? 0;
    const serverCpuSeconds = ProcessTable.read().ownSeconds(server.pid);
    say(
      `    housekeeping: ${runs} runs in ${seconds} s, status meanwhile p95 ${times.p95Ms} ms, max ${times.maxMs} ms`,
    );
    return {
      store: place.name,
      fillSeconds: rounded(fillMs / 1_000, 1),
      storeMb,
      emptyStartMs: Math.round(emptyStartMs),
      filledStartMs: Math.round(filledStartMs),
      startRssMb,
      peakRssMb: Math.round(Math.max(peak, peakRssMb(server.pid))),
      questions,
      housekeeping: { runs, seconds, serverCpuSeconds, status: times },
    };
  } finally {
    asking?.close();
    await server.stop();
  }
}

const sqlite: StorePlace = {
  name: 'SQLite',
  env: {},
  async fill(dataFolder, filling) {
    fillSqlite(path.join(dataFolder, 'sluice.db'), filling);
  },
  async sizeMb(dataFolder) {
    return Math.round((await stat(path.join(dataFolder, 'sluice.db'))).size / 2 ** 20);
  },
};

async function postgresPlace(serverUrl: string): Promise<StorePlace> {
  const url = new URL(serverUrl);
  await query(url.href, `create database ${DATABASE}`);
  url.pathname = `/${DATABASE}`;
  return {
    name: 'PostgreSQL',
    env: { SLUICE_STORE_URL: url.href },
    fill: (_dataFolder, filling) => fillPostgres(url.href, filling),
    async sizeMb() {
      const row = await query(url.href, 'select pg_database_size(current_database()) as bytes');
      return Math.round(Number(row?.bytes) / 2 ** 20);
    },
  };
}

async function query(url: string, statement: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows[0];
  } finally {
    await client.end();
  }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}

/** In MiB, of /proc/PID/status. */
function rssNow(status: string): number {
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
}

/** What the server's log says of it; null: nothing yet. */
function housekeepingOf(log: string): { readonly runs: number } | null {
  const line = log.split('\n').find((each) => each.includes('"housekeeping.done"'));
  return line === undefined ? null : JSON.parse(line);
}

function questionTable(figures: readonly StoreFigures[]): FigureTable {
  const names = figures[0]?.questions.map(({ name }) => name) ?? [];
  return {
    title: 'Answers, in milliseconds:',
    heads: ['question', ...figures.flatMap(({ store }) => [`${store} p50`, 'p95', 'max'])],
    rows: names.map((name, at) => [
      name,
      ...figures.flatMap(({ questions }) => {
        const times = questions[at]?.times;
        return [times?.p50Ms, times?.p95Ms, times?.maxMs].map((ms) => ms?.toFixed(2) ?? '');
      }),
    ]),
  };
}

function costTable(figures: readonly StoreFigures[]): FigureTable {
  const row = (what: string, pick: (of: StoreFigures) => number) => [
    what,
    ...figures.map((of) => String(pick(of))),
  ];
  return {
    title: 'What such a store costs:',
    heads: ['what', ...figures.map(({ store }) => store)],
    rows: [
      row('size of the store, MiB', (of) => of.storeMb),
      row('start to first answer, just made, ms', (of) => of.emptyStartMs),
      row('start to first answer, filled, ms', (of) => of.filledStartMs),
      row('memory of the server after its start, MiB', (of) => of.startRssMb),
      row('most memory of the server, MiB', (of) => of.peakRssMb),
      row('housekeeping: runs removed', (of) => of.housekeeping.runs),
      row('housekeeping: seconds from the start', (of) => of.housekeeping.seconds),
      row("housekeeping: server's CPU seconds", (of) => of.housekeeping.serverCpuSeconds),
      row('status meanwhile: p50, ms', (of) => of.housekeeping.status.p50Ms),
      row('status meanwhile: p95, ms', (of) => of.housekeeping.status.p95Ms),
      row('status meanwhile: longest, ms', (of) => of.housekeeping.status.maxMs),
    ],
  };
}
