import { rounded } from './measure/statistics.ts';
import type { CandidateResult } from './results.ts';

/** What a target may be about. All are medians over the runs unless said otherwise. */
export const MEASURES = [
  /** Rows per second of `of` as a multiple of `against`'s. */
  'speed',
  /** CPU time of Sluice's workers as a share of all that was spent, databases included. */
  'worker-cpu-share',
  /** The largest worker's peak over all runs, in MiB. */
  'peak-rss-mb',
  /** The time that 95 of 100 runs keep, in milliseconds. */
  'p95-ms',
  /** Duration of `of` as a multiple of `against`'s. */
  'duration',
] as const;

export interface Target {
  readonly measure: (typeof MEASURES)[number];
  /** A candidate. */
  readonly of: string;
  /** Another candidate, or `best-peer`: the fastest of those peers whose copy was right. */
  readonly against?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface TargetResult extends Target {
  /** null: not measured. */
  readonly value: number | null;
  /** `excluded`: the caller asked for a run without what it needs. */
  readonly state: 'met' | 'missed' | 'unmeasured' | 'excluded';
  /** Who `best-peer` was. */
  readonly peer?: string;
}

/**
 * Judges targets by what was measured.
 *
 * @param isExcluded whether the caller left a candidate out, so that its absence is no failure
 */
export function judgeTargets(
  targets: readonly Target[],
  results: readonly CandidateResult[],
  isExcluded: (candidate: string) => boolean,
): TargetResult[] {
  return targets.map((target) => {
    const against = target.against === 'best-peer' ? bestPeer(results) : named(results, target.against);
    const value = measured(target, named(results, target.of), against);
    const peer = target.against === 'best-peer' && against ? { peer: against.name } : {};
    if (value === null) {
      const isLeftOut = isExcluded(target.of) || (target.against !== undefined && isExcluded(target.against));
      return { ...target, ...peer, value, state: isLeftOut ? 'excluded' : 'unmeasured' };
    }
    const isMet =
      (target.atLeast === undefined || value >= target.atLeast) &&
      (target.atMost === undefined || value <= target.atMost);
    return { ...target, ...peer, value: rounded(value, 3), state: isMet ? 'met' : 'missed' };
  });
}

function named(results: readonly CandidateResult[], name: string | undefined): CandidateResult | null {
  return results.find((result) => result.name === name) ?? null;
}

/** A copy that is not right is no competition. */
function bestPeer(results: readonly CandidateResult[]): CandidateResult | null {
  const peers = results.filter((result) => result.role === 'peer' && result.isRight);
  return peers.toSorted((a, b) => a.seconds.median - b.seconds.median)[0] ?? null;
}

function measured(
  target: Target,
  of: CandidateResult | null,
  against: CandidateResult | null,
): number | null {
  if (of === null || !of.isRight) return null;
  switch (target.measure) {
    case 'speed':
      return against === null ? null : against.seconds.median / of.seconds.median;
    case 'duration':
      return against === null ? null : of.seconds.median / against.seconds.median;
    case 'worker-cpu-share': {
      const { worker, candidate, postgres = 0, mariadb = 0 } = of.cpuSeconds;
      const all = candidate + postgres + mariadb;
      return worker === undefined || all === 0 ? null : worker / all;
    }
    case 'peak-rss-mb':
      return of.peakRssMb;
    case 'p95-ms':
      return of.p95Ms ?? null;
  }
}
