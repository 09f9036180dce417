import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import type { CopyCase } from '../bench-case.ts';
import { BenchSluice, SluiceCopy } from '../candidates/sluice-copy.ts';
import { Cleanups } from '../cleanups.ts';
import { ProcessTable } from '../measure/process-table.ts';
import { type Conditions, conditionsNow, loadNow } from '../report/conditions.ts';
import { Stage } from '../stage.ts';
import { tableNamed } from '../tables/tables.ts';
import { CpuSampler, SAMPLES_PER_SECOND } from './cpu-samples.ts';
import { type Owner, type Profile, profileOf } from './profile.ts';

/** No copy of these sizes takes half of this, in milliseconds. */
const COPY_LIMIT_MS = 30 * 60_000;
/** How often the processes are looked at: backends end with their session. In milliseconds. */
const PROCESSES_PAUSE_MS = 100;

const OWNERS = { postgres: 'PostgreSQL', mariadb: 'MariaDB' } as const;

export interface CaseProfile {
  readonly case: string;
  readonly table: string;
  readonly rows: number;
  readonly scale: number;
  readonly profile: Profile;
  readonly conditions: Conditions;
}

/**
 * Samples the whole machine during one copy by Sluice with one slice, after a warm-up.
 * @throws CandidateUnavailable without a profiler
 */
export async function profileCase(
  value: CopyCase,
  scale: number,
  say: (line: string) => void,
): Promise<CaseProfile> {
  const loadAtStart = loadNow();
  const table = tableNamed(value.table);
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-profile-'));
  const cleanups = new Cleanups();
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const stage = await Stage.start(new Set([value.source, value.target]), say);
    cleanups.add(() => stage.stop());
    const rows = Math.max(1, Math.round(table.rows * scale));
    say(`${value.name}: ${rows} rows, made inside ${value.source}`);
    await stage.makeSource(value.source, table, rows);
    const sluice = await BenchSluice.start(path.join(folder, 'sluice'));
    cleanups.add(() => sluice.stop());
    const copy = new SluiceCopy(sluice, 1);
    const order = {
      table,
      source: stage.source(value.source, table.name),
      target: stage.target(value.target, table.name),
      rows,
      limitMs: COPY_LIMIT_MS,
    };
    const fresh = () => stage.renewTarget(value.target, table, false);
    await fresh();
    await copy.copy(order);
    await fresh();

    const owners = new Map<number, Owner>();
    const look = () => {
      const processes = ProcessTable.read();
      const own = (root: number, owner: Owner) => {
        for (const { pid } of processes.descendants(root)) owners.set(pid, owner);
      };
      for (const { kind, pid } of stage.servers) {
        owners.set(pid, OWNERS[kind]);
        own(pid, OWNERS[kind]);
      }
      owners.set(sluice.process.pid, 'Sluice server');
      own(sluice.process.pid, 'Sluice worker');
    };
    const sampler = await CpuSampler.start(path.join(folder, 'samples'));
    const looking = setInterval(look, PROCESSES_PAUSE_MS);
    let seconds: number | undefined;
    try {
      ({ seconds } = await copy.copy(order));
    } finally {
      clearInterval(looking);
    }
    look();
    const samples = await sampler.stop();
    const profile = profileOf(
      samples,
      (pid) => owners.get(pid) ?? 'others',
      seconds ?? 0,
      cpus().length,
      SAMPLES_PER_SECOND,
    );
    return {
      case: value.name,
      table: table.title,
      rows,
      scale,
      profile,
      conditions: conditionsNow(stage.servers, loadAtStart),
    };
  } finally {
    await cleanups.run(say);
  }
}
