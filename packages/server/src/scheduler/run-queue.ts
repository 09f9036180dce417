import { runLimits } from '../runs/limits.ts';
import type { RunDesk } from '../runs/run-desk.ts';
import type { Store } from '../store/store.ts';

export interface QueueTools {
  readonly store: Store;
  readonly desk: RunDesk;
  /** Names this server's leases; the same after a restart on the same data. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Hands queued runs to the desk, oldest first. The run's record is the queue entry: claiming is one statement with a
 * lease and a growing fence, so of many servers one drives a run, and a dead server's runs are taken up when its
 * leases end. A server's own leases from before a restart are dropped at once, for nobody holds them any more.
 */
export class RunQueue {
  readonly #tools: QueueTools;
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
      while (desk.room > 0) {
        const run = await store.runs.claim(owner, now(), leaseMs);
        if (run === null) return;
        desk.take(run);
      }
    } catch (error) {
      // The store is out of reach for the moment; the next look is a second away.
      log('queue.claim-failed', { error });
    }
  }
}
