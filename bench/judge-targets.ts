import { rounded } from './measure/statistics.ts';
import type { CandidateResult } from './results.ts';
import type { Target, TargetResult } from './targets.ts';

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
