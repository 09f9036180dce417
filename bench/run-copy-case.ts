import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { alternate } from './alternate.ts';
import type { CopyCase } from './bench-case.ts';
import { type Candidate, CandidateUnavailable } from './candidates/candidate.ts';
import { openPipe } from './candidates/pipes.ts';
import { BenchSluice, SluiceCopy } from './candidates/sluice-copy.ts';
import { Cleanups } from './cleanups.ts';
import { judgeTargets } from './judge-targets.ts';
import { openPeer, type PeersWanted } from './peers/peers.ts';
import { conditionsNow, loadNow } from './report/conditions.ts';
import { type CaseResult, isOk } from './results.ts';
import { Stage } from './stage.ts';
import { tableNamed } from './tables/tables.ts';

export interface RunOptions {
  /** Measured runs of each candidate (for small jobs: jobs); the case's own default when missing. */
  readonly runs?: number;
  /** Share of the table's rows, above 0 up to 1. */
  readonly scale: number;
  readonly peers: PeersWanted;
  readonly say: (line: string) => void;
}

/** As the targets want it. */
export const RUNS_DEFAULT = 5;

/** Compares Sluice with the case's limits and peers. Everything it starts ends with it. */
export async function runCopyCase(value: CopyCase, options: RunOptions): Promise<CaseResult> {
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
    const source = stage.source(value.source, table.name);
    const target = stage.target(value.target, table.name);
    const unavailable: { name: string; reason: string }[] = [];
    const candidates: Candidate[] = [];
    const open = async (name: string, opener: () => Promise<Candidate>) => {
      try {
        candidates.push(await opener());
      } catch (error) {
        if (!(error instanceof CandidateUnavailable)) throw error;
        unavailable.push({ name, reason: error.message });
        say(`  ${name} cannot be run: ${error.message}`);
      }
    };
    for (const limit of value.limits) await open(limit, () => openPipe(limit, source, target, table));
    if (options.peers !== 'none') {
      for (const peer of value.peers) {
        const order = { source, target, table, folder, say };
        await open(peer, () => openPeer(peer, order, options.peers === 'install'));
      }
    }
    say(`${value.name}: ${rows} rows, made inside ${value.source}`);
    const proof = await stage.makeSource(value.source, table, rows);
    const sluice = await BenchSluice.start(path.join(folder, 'sluice'));
    cleanups.add(() => sluice.stop());
    candidates.unshift(...value.slices.map((slices) => new SluiceCopy(sluice, slices)));

    const conditions = conditionsNow(stage.servers, loadAtStart);
    const { results, failed } = await alternate({
      stage,
      source: value.source,
      target: value.target,
      table,
      proof,
      candidates,
      namedPeers: new Set(value.targets.flatMap(({ against }) => (against === undefined ? [] : [against]))),
      runs,
      say,
    });
    const isExcluded = (name: string) =>
      options.peers !== 'install' && (name === 'best-peer' || value.peers.includes(name));
    const targets = judgeTargets(value.targets, results, isExcluded);
    return {
      case: value.name,
      ok: isOk(targets),
      table: table.title,
      rows: proof.rows,
      scale: options.scale,
      runs,
      checksum: proof.checksum,
      candidates: results,
      unavailable: [...unavailable, ...failed],
      targets,
      conditions,
    };
  } finally {
    await cleanups.run(say);
  }
}
