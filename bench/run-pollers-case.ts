import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { alternate } from './alternate.ts';
import type { PollersCase } from './bench-case.ts';
import type { Candidate } from './candidates/candidate.ts';
import { BenchSluice, SluiceCopy } from './candidates/sluice-copy.ts';
import { Cleanups } from './cleanups.ts';
import { judgeTargets } from './judge-targets.ts';
import { percentile, rounded } from './measure/statistics.ts';
import type { PollRound } from './pollers/poller-order.ts';
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
    const pollers = await Pollers.start(
      sluice,
      copy.jobName({
        source: stage.source(value.source, table.name),
        target: stage.target(value.target, table.name),
      }),
      value.pollers,
      value.pauseMs,
    );
    cleanups.add(() => pollers.stop());
    const quiet: Candidate = {
      name: 'quiet',
      role: 'sluice',
      how: `${copy.how}, while ${value.pollers} clients are connected and silent`,
      version: copy.version,
      makesTarget: false,
      copy: (order) => copy.copy(order),
    };
    const rounds: PollRound[] = [];
    const polled: Candidate = {
      ...quiet,
      name: 'polled',
      how: `${copy.how}, while the same clients ask for its state, each ${value.pauseMs} ms after its last answer`,
      async copy(order) {
        await pollers.poll();
        const [copied] = await Promise.allSettled([timed(() => copy.copy(order))]);
        const round = await pollers.rest();
        if (copied.status === 'rejected') throw copied.reason;
        if (round === null || round.failures > 0)
          throw new Error(`${round?.failures} questions failed beside ${round?.answers} answers`);
        rounds.push(round);
        // By the clock of the client that started it; to come to rest is not the copy's time.
        return { seconds: copied.value.seconds, ...copied.value.result };
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
      result.name === 'polled' && result.isRight ? { ...result, remark: remarkOn(rounds) } : result,
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

async function timed<T>(action: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const begun = performance.now();
  const result = await action();
  return { result, seconds: (performance.now() - begun) / 1_000 };
}

/** Rate, times of answers, and what the clients themselves took of the machine, over all runs. */
function remarkOn(rounds: readonly PollRound[]): string {
  const answerMs = rounds.flatMap((round) => round.answerMs);
  const sum = (pick: (round: PollRound) => number) => rounds.reduce((all, round) => all + pick(round), 0);
  const seconds = sum((round) => round.seconds);
  const ms = (share: number) => rounded(percentile(answerMs, share), 1);
  return (
    `${answerMs.length} questions were answered in all runs, ${Math.round(answerMs.length / seconds)} a second; ` +
    `answers after ${ms(0.5)} ms (median), ${ms(0.99)} ms (99 of 100), ${ms(1)} ms (all); ` +
    `the clients themselves took ${rounded((100 * sum((round) => round.cpuSeconds)) / seconds, 1)} % of one core`
  );
}
