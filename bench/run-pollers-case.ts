import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { alternate } from './alternate.ts';
import type { PollersCase } from './bench-case.ts';
import type { Candidate } from './candidates/candidate.ts';
import { BenchSluice, SluiceCopy } from './candidates/sluice-copy.ts';
import { Cleanups } from './cleanups.ts';
import { judgeTargets } from './judge-targets.ts';
import { Pollers } from './pollers/pollers.ts';
import { conditionsNow, loadNow } from './report/conditions.ts';
import { type CaseResult, isOk } from './results.ts';
import { RUNS_DEFAULT, type RunOptions } from './run-copy-case.ts';
import { Stage } from './stage.ts';
import { tableNamed } from './tables/tables.ts';

/** The same copy, alternately left alone and while many clients ask for its state. */
export async function runPollersCase(value: PollersCase, options: RunOptions): Promise<CaseResult> {
  const { say } = options;
  const loadAtStart = loadNow();
  const runs = options.runs ?? RUNS_DEFAULT;
  const table = tableNamed(value.table);
  const rows = Math.max(1, Math.round(table.rows * options.scale));
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'));
  const cleanups = new Cleanups();
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const stage = await Stage.start(new Set([value.source, value.target]), say);
    cleanups.add(() => stage.stop());
    const proof = await stage.makeSource(value.source, table, rows);
    const sluice = await BenchSluice.start(path.join(folder, 'sluice'));
    cleanups.add(() => sluice.stop());
    const copy = new SluiceCopy(sluice, 1);
    const quiet: Candidate = {
      name: 'quiet',
      role: 'sluice',
      how: copy.how,
      version: copy.version,
      makesTarget: false,
      copy: (order) => copy.copy(order),
    };
    let polls = 0;
    const polled: Candidate = {
      ...quiet,
      name: 'polled',
      how: `the same, while ${value.pollers} clients on connections of their own ask for its state, each ${value.pauseMs} ms after its last answer`,
      async copy(order) {
        const pollers = await Pollers.start(sluice, copy.jobName(order), value.pollers, value.pauseMs);
        const [copied] = await Promise.allSettled([copy.copy(order)]);
        const counts = await pollers.stop();
        if (copied.status === 'rejected') throw copied.reason;
        polls += counts.answers;
        if (counts.failures > 0)
          throw new Error(`${counts.failures} of ${counts.answers + counts.failures} questions failed`);
        return copied.value;
      },
    };
    const conditions = conditionsNow(stage.servers, loadAtStart);
    const { results } = await alternate({
      stage,
      source: value.source,
      target: value.target,
      table,
      proof,
      candidates: [quiet, polled],
      runs,
      say,
    });
    const answered = results.map((result) =>
      result.name === 'polled'
        ? { ...result, remark: `${polls} questions were answered in all runs` }
        : result,
    );
    const targets = judgeTargets(value.targets, answered, () => false);
    return {
      case: value.name,
      ok: isOk(targets),
      table: table.title,
      rows: proof.rows,
      scale: options.scale,
      runs,
      checksum: proof.checksum,
      candidates: answered,
      unavailable: [],
      targets,
      conditions,
    };
  } finally {
    await cleanups.run(say);
  }
}
