import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import { BenchSluice } from '../candidates/sluice-copy.ts';
import { Cleanups } from '../cleanups.ts';
import { ProcessTable } from '../measure/process-table.ts';
import { median, rounded, type Spread, spreadOf } from '../measure/statistics.ts';
import { conditionsNow, loadNow } from '../report/conditions.ts';
import { answerOf, BareServer } from './bare.ts';
import { Load } from './load.ts';
import type { LoadRound } from './load-order.ts';
import type { SignOn } from './request-batch.ts';
import type { StatusCase } from './service-case.ts';
import { judged, type ServiceResult } from './service-result.ts';
import { filledJobName, fillSqlite } from './store-filling.ts';
import { projectToken } from './token.ts';

const CLIENTS = [1, 64, 1_000] as const;
/** Each client asks for a job of its own. */
const JOBS = 1_000;
const ROUNDS_DEFAULT = 5;
const WARM_UP_MS = 300;
/** Before the first round each server answers for so long: what it has not run often it has not compiled. */
const FIRST_WARM_UP_MS = 2_000;
const MEASURE_MS = 1_200;

interface Contender {
  readonly name: 'bare' | 'token' | 'ak-sk' | 'ak-sk-anew';
  readonly endpoint: string;
  readonly pid: number;
  readonly signOn: SignOn;
}

interface StatusFigure {
  readonly server: Contender['name'];
  readonly clients: number;
  readonly perSecond: Spread;
  /** Medians over the rounds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server, for one question. */
  readonly cpuMicroseconds: number;
  /** Share of a core that the clients took: near 1 they are the limit, not the server. */
  readonly clientCores: number;
  /** Requests per second as a share of the bare server's with as many clients. */
  readonly ofBare: number;
}

/** The status operation under load, beside a server that returns the same bytes and does nothing else. */
export async function runStatusCase(
  value: StatusCase,
  options: { readonly runs?: number; readonly say: (line: string) => void },
): Promise<ServiceResult> {
  const { say } = options;
  const rounds = options.runs ?? ROUNDS_DEFAULT;
  const loadAtStart = loadNow();
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'));
  const cleanups = new Cleanups();
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const dataFolder = path.join(folder, 'sluice');
    const sluice = await BenchSluice.start(dataFolder);
    cleanups.add(() => sluice.stop());
    const { projectId } = await SignedClient.connect(sluice.process);
    await sluice.process.stop();
    const clusterId = sluice.cluster.id;
    fillSqlite(path.join(dataFolder, 'sluice.db'), {
      projectId,
      clusterId,
      jobs: JOBS,
      runs: 2 * JOBS,
      days: 2,
    });
    await sluice.process.startAgain();
    const { endpoint, accessKey, secretKey } = sluice.process;
    const token = await projectToken(sluice.process, projectId);
    const paths = Array.from({ length: JOBS }, (_, no) => sluice.cluster.statusPath(filledJobName(no)));
    const bare = await BareServer.start(
      await answerOf(new URL(paths[0] ?? '', endpoint), { 'x-auth-token': token }),
    );
    cleanups.add(() => bare.stop());
    const load = new Load();
    cleanups.add(() => load.stop());
    const own = { endpoint, pid: sluice.process.pid };
    const contenders: readonly Contender[] = [
      { name: 'bare', endpoint: bare.endpoint, pid: bare.pid, signOn: 'none' },
      { ...own, name: 'token', signOn: 'token' },
      { ...own, name: 'ak-sk', signOn: 'ak-sk' },
      { ...own, name: 'ak-sk-anew', signOn: 'ak-sk-anew' },
    ];
    const conditions = conditionsNow([], loadAtStart);
    const ask = async (contender: Contender, clients: number, warmUpMs: number, measureMs: number) => {
      const spent = () => ProcessTable.read().ownSeconds(contender.pid);
      const before = spent();
      const round = await load.run({
        endpoint: contender.endpoint,
        clients,
        warmUpMs,
        measureMs,
        requests: { signOn: contender.signOn, paths, projectId, token, accessKey, secretKey },
      });
      return { round, cpuSeconds: spent() - before };
    };
    for (const contender of contenders) await ask(contender, 64, FIRST_WARM_UP_MS, 100);

    const figures: StatusFigure[] = [];
    for (const clients of CLIENTS) {
      const seen = new Map(
        contenders.map((each) => [each, [] as { round: LoadRound; cpuSeconds: number }[]]),
      );
      for (let round = 1; round <= rounds; round += 1) {
        for (const contender of contenders) {
          seen.get(contender)?.push(await ask(contender, clients, WARM_UP_MS, MEASURE_MS));
        }
      }
      const bareRate = median((seen.get(contenders[0] as Contender) ?? []).map(({ round }) => rateOf(round)));
      for (const [contender, measured] of seen) {
        const middle = (pick: (one: (typeof measured)[number]) => number, digits: number) =>
          rounded(median(measured.map(pick)), digits);
        const perSecond = spreadOf(
          measured.map(({ round }) => rateOf(round)),
          0,
        );
        const figure: StatusFigure = {
          server: contender.name,
          clients,
          perSecond,
          p50Ms: middle(({ round }) => round.p50Ms, 3),
          p99Ms: middle(({ round }) => round.p99Ms, 3),
          cpuMicroseconds: middle(({ round, cpuSeconds }) => (1e6 * cpuSeconds) / round.answersInAll, 1),
          clientCores: middle(({ round }) => round.cpuSeconds / round.seconds, 2),
          ofBare: rounded(perSecond.median / bareRate, 3),
        };
        figures.push(figure);
        say(
          `  ${contender.name.padEnd(10)} ${String(clients).padStart(4)} clients: ${perSecond.median}/s, ` +
            `p50 ${figure.p50Ms} ms, p99 ${figure.p99Ms} ms, ${figure.cpuMicroseconds} us CPU each, ${figure.ofBare} of bare`,
        );
      }
    }
    const targets = value.targets.map(({ of, clients, atLeast }) => {
      const found = figures.find((figure) => figure.server === of && figure.clients === clients);
      const what = `${nameOf[of]}, ${clients} clients: requests per second as a share of the bare server's`;
      return judged({ what, atLeast }, found?.ofBare ?? 0);
    });
    return {
      kind: 'status',
      case: value.name,
      ok: targets.every(({ state }) => state === 'met'),
      title: 'the status operation under load',
      how: howOf(rounds),
      tables: [tableOf(figures)],
      targets,
      figures,
      conditions,
    };
  } finally {
    await cleanups.run(say);
  }
}

function rateOf(round: LoadRound): number {
  return round.answers / round.seconds;
}

const nameOf: Readonly<Record<Contender['name'], string>> = {
  bare: 'bare `node:http`',
  token: 'Sluice, token',
  'ak-sk': 'Sluice, AK/SK',
  'ak-sk-anew': 'Sluice, AK/SK, no two alike',
};

function howOf(rounds: number): string[] {
  return [
    `A server on its default settings with ${JOBS} jobs that have run; each client asks for the state of a job of its own, over a kept-alive connection, and asks again as soon as it has the answer.`,
    'The bare server is `node:http` in a process of its own, which returns the bytes of one of these answers to whatever it is asked.',
    `Servers alternate, ${rounds} rounds of ${MEASURE_MS / 1_000} s each after ${WARM_UP_MS} ms of warm-up; all clients are one process that prepared its requests before.`,
    "With AK/SK each client signs its own path with the second's date: no two clients send the same bytes, and none sends the same for longer than a second. Within it the server knows them again; of those of which no two are alike it verifies each.",
    'Servers and clients share the machine: the share of a core that the clients took is given, for where it comes near 1 the clients are the limit.',
  ];
}

function tableOf(figures: readonly StatusFigure[]) {
  return {
    title: '',
    heads: [
      'clients',
      'server',
      'requests/s, median',
      'min to max',
      'p50 ms',
      'p99 ms',
      'server CPU for one, µs',
      "clients' cores",
      'of bare',
    ],
    rows: figures.map((figure) => [
      String(figure.clients),
      nameOf[figure.server],
      String(figure.perSecond.median),
      `${figure.perSecond.min} to ${figure.perSecond.max}`,
      figure.p50Ms.toFixed(3),
      figure.p99Ms.toFixed(3),
      figure.cpuMicroseconds.toFixed(1),
      figure.clientCores.toFixed(2),
      figure.server === 'bare' ? '' : `${figure.ofBare.toFixed(2)} x`,
    ]),
  };
}
