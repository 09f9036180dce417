import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { ServerUnavailable } from '../tools/servers/running-server.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { CdmCluster } from './kill/cdm-cluster.ts';
import { plantedCheckout, plants } from './kill/planted-bug.ts';
import { changesAmong, comparePlan, type ShownPlan } from './plan/compare-plan.ts';
import {
  mariadbSettings,
  type ObservedServer,
  observeMariadb,
  observePostgres,
  postgresSettings,
} from './plan/observed-server.ts';
import { fillSource, makeTarget, type PlanCase, planCases } from './plan/plan-cases.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'a plan writes nothing anywhere, and shows letter for letter what both servers then see of the run; rights that are missing are said before';

/** `short` is the form of the tests: a quarter of the cases and no planted bugs. */
export const choices = { plants: ['all', 'none', 'short'] } as const;

const runEndMs = 60_000;
/** A caller who goes: 5 s for us, and as long until the source's server looks for its client again. In milliseconds. */
const goneWithinMs = 11_000;

/** What came of one way: all of the cases, and the users who may not. */
interface Outcome {
  exact: number;
  otherDrafts: number;
  plans: number;
  readonly faults: string[];
}

/** Plans each job, looks that nothing was written, runs it, and holds one against the other by the servers' own logs. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const { log } = options;
  const choice = options.choice?.plants ?? 'all';
  const folder = await mkdtemp(join(tmpdir(), 'sluice-plan-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const [postgres, mariadb] = await Promise.all([
      startPostgres({ settings: postgresSettings }),
      startMariadb({ say: log, settings: mariadbSettings }).catch((error: unknown) => {
        if (error instanceof ServerUnavailable) return error;
        throw error;
      }),
    ]);
    cleanups.unshift(() => postgres.stop());
    if (mariadb instanceof ServerUnavailable)
      return { ok: false, skipped: `there is no MariaDB here (${mariadb.message})`, figures: {} };
    cleanups.unshift(() => mariadb.stop());
    let opened = 0;
    const round = async (name: string, script: string | null, isShort: boolean): Promise<Outcome> => {
      opened += 1;
      const sides = {
        postgres: await observePostgres(postgres, `plan_${opened}`),
        mysql: await observeMariadb(mariadb, `plan_${opened}`),
      };
      const server = await SluiceProcess.start({
        dataFolder: join(folder, name),
        ...(script === null ? {} : { script }),
      });
      try {
        return await bothWays(server, sides, isShort, log);
      } finally {
        await server.stop();
        await Promise.all(Object.values(sides).map((side) => side.close()));
      }
    };
    const honest = await round('honest', null, choice === 'short');
    const seen: Record<string, boolean> = {};
    for (const [name, plant] of choice === 'all' ? Object.entries(planPlants) : []) {
      log(`planted bug: ${plant.bug}`);
      const script = await plantedCheckout(join(folder, `planted-${name}`), plant);
      seen[name] = (await round(`bug-${name}`, script, true)).faults.length > 0;
    }
    return {
      ok: honest.faults.length === 0 && Object.values(seen).every((isSeen) => isSeen),
      figures: {
        plans: honest.plans,
        exactStatements: honest.exact,
        draftsWordedOtherwise: honest.otherDrafts,
        faults: honest.faults.length,
        ...(choice === 'all' ? { plantedBugsSeen: seen } : {}),
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

const planPlants = { planWords: plants.planWords, planRights: plants.planRights };

async function bothWays(
  server: SluiceProcess,
  sides: Readonly<Record<ObservedServer['kind'], ObservedServer>>,
  isShort: boolean,
  log: (line: string) => void,
): Promise<Outcome> {
  const outcome: Outcome = { exact: 0, otherDrafts: 0, plans: 0, faults: [] };
  for (const side of Object.values(sides)) await fillSource(side);
  const cluster = await CdmCluster.create(server);
  for (const side of Object.values(sides)) await cluster.createLink(side);
  const ways = [
    { from: sides.postgres, to: sides.mysql },
    { from: sides.mysql, to: sides.postgres },
  ];
  for (const [no, { from, to }] of ways.entries()) {
    const cases = planCases(from, to).filter((_case, at) => !isShort || at % 4 === 3 - 2 * no);
    for (const one of cases) await oneCase(cluster, from, to, one, outcome, log);
    for (const rights of isShort ? (['write rows'] as const) : (['read', 'write rows'] as const))
      await withoutRights(server, cluster, from, to, rights, outcome);
  }
  if (!isShort) await goneCaller(server, cluster, sides.postgres, sides.mysql, outcome);
  for (const fault of outcome.faults) log(`FAULT ${fault}`);
  return outcome;
}

async function oneCase(
  cluster: CdmCluster,
  from: ObservedServer,
  to: ObservedServer,
  one: PlanCase,
  outcome: Outcome,
  log: (line: string) => void,
): Promise<void> {
  const job = `${one.name}_to_${to.kind}`;
  const fault = (text: string) => outcome.faults.push(`${job}: ${text}`);
  await makeTarget(to, one);
  await cluster.createJob(job, from, to, one.name, one.extractors ?? 1, {
    ...(one.from === undefined ? {} : { fromOptions: one.from }),
    ...(one.to === undefined ? {} : { toOptions: one.to }),
    ...(one.driver === undefined ? {} : { driver: one.driver }),
  });
  await Promise.all([from.forget(), to.forget()]);
  const before = [await from.writes(), await to.writes()];
  const plan = await planned(cluster, job);
  outcome.plans += 1;
  const after = [await from.writes(), await to.writes()];
  if (JSON.stringify(before) !== JSON.stringify(after)) fault(`the plan wrote: ${before} became ${after}`);
  for (const side of [from, to]) {
    const changes = changesAmong(await side.seen(), side.kind);
    if (changes.length > 0) fault(`${side.kind} was asked to change: ${changes.join(' | ')}`);
  }
  if (!plan.is_runnable) fault(`not runnable: ${plan.obstacles.map(({ message }) => message).join(' | ')}`);
  const { total } = await cluster.ownCall('GET', job, '/runs');
  if (total !== 0) fault(`${total} runs are stored`);

  await Promise.all([from.forget(), to.forget()]);
  await cluster.startJob(job);
  const end = await cluster.waitForEnd(job, runEndMs);
  if (end.status !== 'SUCCEEDED') return void fault(`the run ended ${end.status}: ${end.summary}`);
  const { runs } = (await cluster.ownCall('GET', job, '/runs')) as { runs: { id: string }[] };
  const runKey = (runs[0]?.id ?? '').replaceAll('-', '').slice(-12);
  const compared = comparePlan(plan, runKey, await from.seen(), await to.seen(), to.kind);
  outcome.exact += compared.exact;
  outcome.otherDrafts += compared.otherDrafts.length;
  for (const text of compared.faults) fault(text);
  for (const text of compared.otherDrafts) log(`${job}: worded otherwise: ${text}`);
  log(`${job}: ${compared.exact} statements as planned, ${plan.total} slices`);
}

/** A destination user who may not make tables: said, with the command line's own exit code; a run would have failed of it. */
async function withoutRights(
  server: SluiceProcess,
  cluster: CdmCluster,
  from: ObservedServer,
  to: ObservedServer,
  rights: 'read' | 'write rows',
  outcome: Outcome,
): Promise<void> {
  const job = `narrow_${rights.replace(' ', '_')}_to_${to.kind}`;
  const fault = (text: string) => outcome.faults.push(`${job}: ${text}`);
  await to.sql(
    'CREATE TABLE IF NOT EXISTS narrow (id integer PRIMARY KEY, name varchar(40), amount numeric(12,2), day date)',
  );
  const url = await to.makeUser(rights);
  const link = await cluster.createLink({ ...to, url }, { name: `link_${job}` });
  await cluster.createJob(job, from, to, 'narrow', 1, { toLink: link });
  const before = await to.writes();
  const plan = await planned(cluster, job);
  outcome.plans += 1;
  if (before !== (await to.writes())) fault('the plan wrote');
  const lacking = plan.obstacles.filter(({ kind }) => kind === 'right').map(({ message }) => message);
  if (plan.is_runnable) fault('is said to be runnable');
  if (!lacking.some((text) => text.includes('CREATE'))) fault(`CREATE is not among ${lacking.join(' | ')}`);
  if ((rights === 'read') !== lacking.some((text) => text.includes('INSERT')))
    fault(`INSERT is told wrongly: ${lacking.join(' | ')}`);
  const told = await commandLine(server, job);
  if (told.code !== 3) fault(`the command line ends with ${told.code}: ${told.err}`);
  if (!told.out.includes('CANNOT RUN') || !told.out.includes('CREATE')) fault(`it prints: ${told.out}`);
  await cluster.startJob(job);
  const end = await cluster.waitForEnd(job, runEndMs);
  if (end.status === 'SUCCEEDED') fault('the run succeeds all the same');
}

/** Whoever asked for a plan and has gone keeps nothing at work: the session at the source ends with the caller. */
async function goneCaller(
  server: SluiceProcess,
  cluster: CdmCluster,
  from: ObservedServer,
  to: ObservedServer,
  outcome: Outcome,
): Promise<void> {
  const job = 'gone';
  await makeTarget(to, { name: job, hasTarget: true });
  await cluster.createJob(job, from, to, job, 4, {
    partitionColumn: 'id',
    fromOptions: { 'fromJobConfig.whereClause': 'id > 0' },
  });
  const lock = await from.lock('source');
  try {
    const caller = new AbortController();
    const told = commandLine(server, job, caller.signal);
    const deadline = Date.now() + goneWithinMs;
    while ((await from.waiting()) === 0 && Date.now() < deadline) await sleep(50);
    if ((await from.waiting()) === 0) outcome.faults.push('gone: nobody waits for the lock');
    caller.abort();
    await told;
    const begin = performance.now();
    while ((await from.waiting()) > 0 && performance.now() - begin < goneWithinMs) await sleep(50);
    if ((await from.waiting()) > 0) outcome.faults.push(`gone: at work ${goneWithinMs / 1_000} s later`);
  } finally {
    await lock.release();
  }
}

async function planned(cluster: CdmCluster, job: string): Promise<ShownPlan> {
  return (await cluster.ownCall('POST', job, '/plan?page_size=1000', {})) as unknown as ShownPlan;
}

function commandLine(
  server: SluiceProcess,
  job: string,
  signal?: AbortSignal,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const main = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'job', 'plan', job, '--cluster', 'kill', '--server', server.endpoint, '--lang', 'en'],
      {
        env: {
          PATH: process.env.PATH,
          SLUICE_ACCESS_KEY: server.accessKey,
          SLUICE_SECRET_KEY: server.secretKey,
        },
        ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
      },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    );
  });
}
