import { runLimits } from '../runs/limits.ts';
import type { RunDesk } from '../runs/run-desk.ts';
import type { Claimable, RunRepository } from '../store/store.ts';
import { ClaimOrder, runsById } from './claim-order.ts';
import { schedulerLimits } from './limits.ts';

export interface QueueTools {
  readonly store: { readonly runs: Pick<RunRepository, 'claimable' | 'claim' | 'releaseLeases'> };
  readonly desk: Pick<RunDesk, 'room' | 'load' | 'take'>;
  /** Runs of a cluster that may be driven here at once; 0: it takes no work, and its runs stay queued. */
  readonly runsMax: (clusterId: string) => Promise<number>;
  /** Names this server's leases; the same after a restart on the same data. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Hands queued runs to the desk, as long as it and the run's cluster have room: projects and clusters in turn
 * (`claim-order.ts`), of one cluster the oldest first. A run beyond its cluster's room stays queued. The run's record is the queue entry: claiming is one statement with a
 * lease and a growing fence, so of many servers one drives a run, and a dead server's runs are taken up when its
 * leases end. A server's own leases from before a restart are dropped at once, for nobody holds them any more.
 */
export class RunQueue {
  readonly #tools: QueueTools;
  readonly #order = new ClaimOrder();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #claiming: Promise<void> | null = null;
  #wasPoked = false;

  constructor(tools: QueueTools) {
    this.#tools = tools;
  }

  async open(): Promise<void> {
    const dropped = await this.#tools.store.runs.releaseLeases(this.#tools.owner);
    if (dropped > 0) this.#tools.log('queue.resumed', { runs: dropped });
    this.poke();
  }

  /** Looks for work now. Cheap, safe at any time. */
  poke(): void {
    if (this.#isClosed) return;
    if (this.#claiming !== null) {
      this.#wasPoked = true;
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#claiming = this.#claimAll().finally(() => {
      this.#claiming = null;
      if (this.#wasPoked) {
        this.#wasPoked = false;
        this.poke();
      } else if (!this.#isClosed) {
        this.#timer = setTimeout(() => this.poke(), runLimits.claimPauseMs).unref();
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#claiming;
  }

  async #claimAll(): Promise<void> {
    const { store, desk, owner, leaseMs, now, log } = this.#tools;
    try {
      if (desk.room <= 0) return;
      const waiting = new Set(await store.runs.claimable(now(), schedulerLimits.claimableClustersMax));
      const runsMax = new Map<string, number>();
      for (const { clusterId, isStopping } of waiting) {
        if (!isStopping) runsMax.set(clusterId, await this.#tools.runsMax(clusterId));
      }
      while (desk.room > 0) {
        const runsOf = runsById(desk.load);
        const hasRoom = ({ projectId, clusterId, isStopping }: Claimable): boolean => {
          // What is only to be stopped needs no slices.
          if (isStopping) return true;
          if ((runsOf.get(clusterId) ?? 0) >= (runsMax.get(clusterId) ?? 0)) return false;
          return desk.room > runLimits.drivenRunsKeptForOthers || (runsOf.get(projectId) ?? 0) === 0;
        };
        // Within one look nobody gets more room.
        for (const claimable of waiting) if (!hasRoom(claimable)) waiting.delete(claimable);
        const next = this.#order.next(waiting, runsOf);
        if (next === null) return;
        const run = await store.runs.claim(owner, now(), leaseMs, next);
        if (run === null) {
          // All of them were taken, by this loop or by another server.
          waiting.delete(next);
          continue;
        }
        this.#order.served(next);
        desk.take(run);
      }
    } catch (error) {
      // The store is out of reach for the moment; the next look is a second away.
      log('queue.claim-failed', { error });
    }
  }
}
