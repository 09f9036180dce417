import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { rounded } from '../measure/statistics.ts';
import { SERVER_SETTINGS, type ServerKind } from '../stage.ts';

/** What somebody must know to judge the figures. */
export interface Conditions {
  /** Of the start, in UTC. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  /** Processes that wanted a core, averaged over a minute and five, at the start. */
  readonly loadAtStart: readonly [number, number];
  /** Of the project's commit; with `+changes` when the files differ from it, null outside a checkout. */
  readonly commit: string | null;
  /** By kind, such as `PostgreSQL 18.4`, with the settings that differ from the defaults. */
  readonly servers: Readonly<Record<string, string>>;
}

/** To be taken before anything of our own runs. */
export function loadNow(): Conditions['loadAtStart'] {
  const [minute = 0, fiveMinutes = 0] = loadavg();
  return [rounded(minute, 2), rounded(fiveMinutes, 2)];
}

export function conditionsNow(
  versions: readonly { kind: ServerKind; version: string }[],
  loadAtStart: Conditions['loadAtStart'],
): Conditions {
  const servers: Record<string, string> = {};
  for (const { kind, version } of versions) {
    const settings = Object.entries(SERVER_SETTINGS[kind]).map(([name, value]) => `${name}=${value}`);
    servers[kind] = `${version} (${settings.join(', ')})`;
  }
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGib: rounded(totalmem() / 2 ** 30, 1),
    kernel: release(),
    node: process.version,
    loadAtStart,
    commit: commitNow(),
    servers,
  };
}

/** A sentence of what may differ from case to case. */
export function conditionLine({ date, commit, loadAtStart }: Conditions): string {
  const [minute, fiveMinutes] = loadAtStart;
  return `${date.slice(0, 16)}Z, commit ${commit ?? 'unknown'}, load at start ${minute} (1 min), ${fiveMinutes} (5 min).`;
}

function commitNow(): string | null {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', '--short', 'HEAD');
    // The report itself is written by the run.
    return git('status', '--porcelain', '--', '.', ':!docs/benchmarks') === '' ? commit : `${commit}+changes`;
  } catch {
    // An archive without git is as good a place to measure in.
    return null;
  }
}
