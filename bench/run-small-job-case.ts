import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SmallJobCase } from './bench-case.ts';
import { BenchSluice } from './candidates/sluice-copy.ts';
import { Cleanups } from './cleanups.ts';
import { judgeTargets } from './judge-targets.ts';
import { ProcessTable, peakRssMb } from './measure/process-table.ts';
import { percentile, rounded, spreadOf } from './measure/statistics.ts';
import { conditionsNow, loadNow } from './report/conditions.ts';
import { type CaseResult, isOk } from './results.ts';
import type { RunOptions } from './run-copy-case.ts';
import { Stage } from './stage.ts';
import { tableNamed } from './tables/tables.ts';

/** Asked often: the time between two questions is the least that can be seen. */
const POLL_MS = 5;
const JOB_LIMIT_MS = 60_000;
const JOB = 'small';

/** One tiny job, run many times in a row: what a run costs beside its rows. The first run, a warm-up, is not counted. */
export async function runSmallJobCase(value: SmallJobCase, options: RunOptions): Promise<CaseResult> {
  const { say } = options;
  const loadAtStart = loadNow();
  const jobs = options.runs ?? value.jobs;
  const table = tableNamed(value.table);
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'));
  const cleanups = new Cleanups();
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const stage = await Stage.start(new Set([value.source, value.target]), say);
    cleanups.add(() => stage.stop());
    const proof = await stage.makeSource(value.source, table, value.rows);
    await stage.renewTarget(value.target, table, false);
    const sluice = await BenchSluice.start(path.join(folder, 'sluice'));
    cleanups.add(() => sluice.stop());
    const source = stage.source(value.source, table.name);
    const target = stage.target(value.target, table.name);
    await sluice.createJob(JOB, source, target, 1);
    const conditions = conditionsNow(stage.servers, loadAtStart);

    await sluice.cluster.runJob(JOB, POLL_MS, JOB_LIMIT_MS);
    const arrived = await stage.proof(target, table);
    const server = sluice.process.pid;
    const before = ProcessTable.read();
    const seconds: number[] = [];
    for (let job = 1; job <= jobs; job++) {
      seconds.push((await sluice.cluster.runJob(JOB, POLL_MS, JOB_LIMIT_MS)).seconds);
    }
    const after = ProcessTable.read();
    // Every job appends: nothing may be missing, and nothing doubled, among all of them.
    const rows = await stage.rowCount(target);
    const isRight = arrived.checksum === proof.checksum && rows === value.rows * (jobs + 1);
    const spread = spreadOf(seconds, 4);
    const worker = after.descendantSeconds(server) - before.descendantSeconds(server);
    const own = after.ownSeconds(server) - before.ownSeconds(server);
    const peaks = after.descendants(server).map(({ pid }) => peakRssMb(pid));
    const candidate = {
      name: 'sluice-1',
      role: 'sluice' as const,
      how: `a job of ${value.rows} rows started through the API, asked for its state every ${POLL_MS} ms`,
      version: sluice.version,
      runSeconds: seconds.map((one) => rounded(one, 4)),
      seconds: spread,
      rowsPerSecond: Math.round(value.rows / spread.median),
      cpuSeconds: { candidate: rounded((worker + own) / jobs, 4), worker: rounded(worker / jobs, 4) },
      peakRssMb: Math.round(Math.max(0, ...peaks)),
      isRight,
      p95Ms: rounded(percentile(seconds, 0.95) * 1_000, 1),
      ...(isRight ? {} : { remark: `${rows} rows arrived from ${jobs + 1} jobs of ${value.rows}` }),
    };
    say(`  ${jobs} jobs: median ${(spread.median * 1_000).toFixed(0)} ms, p95 ${candidate.p95Ms} ms`);
    const targets = judgeTargets(value.targets, [candidate], () => false);
    return {
      case: value.name,
      ok: isOk(targets),
      table: table.title,
      rows: value.rows,
      scale: 1,
      runs: jobs,
      checksum: proof.checksum,
      candidates: [candidate],
      unavailable: [],
      targets,
      conditions,
    };
  } finally {
    await cleanups.run(say);
  }
}
