import type { Flavor } from './flavors.ts';

/** A live worker process of a cluster. */
export interface ClusterWorker {
  readonly id: string;
  readonly pid: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly rssBytes: number;
  readonly isBusy: boolean;
}

/** What clusters need of the processes that move their data. */
export interface ClusterPools {
  /** Opens the pool of a cluster that takes work; idempotent. */
  open(clusterId: string, flavor: Flavor): Promise<void>;
  /** Kills the cluster's workers; no task starts any more until `open`. Idempotent. */
  close(clusterId: string): Promise<void>;
  /** Live worker processes. */
  instances(clusterId: string): readonly ClusterWorker[];
}
