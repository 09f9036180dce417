import type { ClusterLoad } from '../runs/run-desk.ts';
import { compareRanks, Turns } from '../runs/turns.ts';
import type { Claimable } from '../store/store.ts';

/**
 * Whose run is claimed next: first what is only to be stopped; then of the projects that wait the one with the fewest runs
 * in hand, of equal ones the one that was served longest ago; in it the cluster by the same rule. So one with a thousand
 * queued runs gets as much as another with one. Which of a cluster's runs it is, the store says: the oldest.
 */
export class ClaimOrder {
  readonly #turns = new Turns();

  /**
   * @param runsOf runs in hand, see `runsById`.
   * @returns the one of `waiting` whose turn it is; null: none waits.
   */
  next(waiting: Iterable<Claimable>, runsOf: ReadonlyMap<string, number>): Claimable | null {
    const rankOf = ({ projectId, clusterId, isStopping }: Claimable) => [
      isStopping ? 0 : 1,
      ...[projectId, clusterId].flatMap((id) => [runsOf.get(id) ?? 0, this.#turns.of(id)]),
    ];
    let best: Claimable | null = null;
    let bestRank: readonly number[] = [];
    for (const claimable of waiting) {
      const rank = rankOf(claimable);
      if (best !== null && compareRanks(rank, bestRank) >= 0) continue;
      best = claimable;
      bestRank = rank;
    }
    return best;
  }

  /** A run of these was claimed. */
  served({ projectId, clusterId }: Claimable): void {
    this.#turns.served([projectId, clusterId]);
  }
}

/** Runs in hand by the ids of projects and of clusters. */
export function runsById(load: readonly ClusterLoad[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { projectId, clusterId, runs } of load) {
    for (const id of [projectId, clusterId]) counts.set(id, (counts.get(id) ?? 0) + runs);
  }
  return counts;
}
