import { readdir, readFile } from 'node:fs/promises';
import { pipeNames } from './candidates/pipes.ts';
import { peerNames } from './peers/peers.ts';
import type { ServiceCase } from './service/service-case.ts';
import type { ServerKind } from './stage.ts';
import { benchTables } from './tables/tables.ts';
import { MEASURES, type Target } from './targets.ts';

/** Copies of one table, compared between candidates. */
export interface CopyCase {
  readonly kind: 'copy';
  readonly name: string;
  readonly source: ServerKind;
  readonly target: ServerKind;
  readonly table: string;
  /** One Sluice candidate for each number of slices. */
  readonly slices: readonly number[];
  readonly limits: readonly string[];
  readonly peers: readonly string[];
  readonly targets: readonly Target[];
}

/** Many runs of a tiny job, one after the other. */
export interface SmallJobCase {
  readonly kind: 'small-job';
  readonly name: string;
  readonly source: ServerKind;
  readonly target: ServerKind;
  readonly table: string;
  readonly rows: number;
  /** Unless told otherwise. */
  readonly jobs: number;
  readonly targets: readonly Target[];
}

/** A copy with and without many clients that ask for its state. */
export interface PollersCase {
  readonly kind: 'pollers';
  readonly name: string;
  readonly source: ServerKind;
  readonly target: ServerKind;
  readonly table: string;
  readonly pollers: number;
  /** Between an answer and the same client's next question, in milliseconds. */
  readonly pauseMs: number;
  readonly targets: readonly Target[];
}

/** A case about copies of a table. */
export type TableCase = CopyCase | SmallJobCase | PollersCase;

export type BenchCase = TableCase | ServiceCase;

const CASES = new URL('./cases/', import.meta.url);

export async function caseNames(): Promise<string[]> {
  const entries = await readdir(CASES);
  return entries
    .flatMap((entry) => (entry.endsWith('.json') ? [entry.slice(0, -'.json'.length)] : []))
    .sort();
}

/** @throws when there is no such case or its file is wrong */
export async function loadCase(name: string): Promise<BenchCase> {
  if (!(await caseNames()).includes(name)) throw new Error(`there is no case "${name}"`);
  const value: BenchCase = JSON.parse(await readFile(new URL(`${name}.json`, CASES), 'utf8'));
  const fault = faultOf(name, value);
  if (fault !== null) throw new Error(`cases/${name}.json: ${fault}`);
  return value;
}

/** What is wrong with a case; null when all names in it are known and its numbers make sense. */
export function faultOf(name: string, value: BenchCase): string | null {
  if (value.name !== name) return `its name is "${value.name}"`;
  if (value.kind === 'status' || value.kind === 'store') {
    return value.targets.length === 0 ? 'it has no target' : null;
  }
  if (!(value.table in benchTables)) return `there is no table "${value.table}"`;
  for (const kind of [value.source, value.target]) {
    if (kind !== 'postgres' && kind !== 'mariadb') return `there is no server "${kind}"`;
  }
  const candidates = candidatesOf(value);
  for (const target of value.targets) {
    if (!(MEASURES as readonly string[]).includes(target.measure))
      return `there is no measure "${target.measure}"`;
    if (!candidates.has(target.of))
      return `a target is about "${target.of}", which the case does not measure`;
    if (target.against !== undefined && target.against !== 'best-peer' && !candidates.has(target.against))
      return `a target compares with "${target.against}", which the case does not measure`;
    if ((target.atLeast === undefined) === (target.atMost === undefined))
      return 'a target wants either atLeast or atMost';
  }
  if (value.kind === 'copy') {
    const unknown =
      value.limits.find((limit) => !pipeNames.includes(limit)) ??
      value.peers.find((peer) => !peerNames.includes(peer));
    if (unknown !== undefined) return `there is no limit or peer "${unknown}"`;
    if (value.slices.length === 0) return 'it has no number of slices';
  }
  return null;
}

function candidatesOf(value: TableCase): ReadonlySet<string> {
  if (value.kind === 'copy')
    return new Set([...value.slices.map((slices) => `sluice-${slices}`), ...value.limits, ...value.peers]);
  return new Set(value.kind === 'pollers' ? ['quiet', 'polled'] : ['sluice-1']);
}
