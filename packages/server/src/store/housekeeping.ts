import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenedStore } from './open-store.ts';

export interface HousekeepingTools {
  readonly store: OpenedStore;
  /** Ended runs are kept this long. */
  readonly historyDays: number;
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

const dayMs = 24 * 60 * 60 * 1000;
/** How often it looks. */
const pauseMs = 60 * 60 * 1000;
/** Runs removed in one transaction, so that nobody waits long for the store: an embedded one keeps the whole process for a step. */
const runsPerStepMax = 50;
/** Between two steps everybody else has his turn. */
const stepPauseMs = 10;

/** Removes what has had its time: runs past their retention, tokens and temporary keys that ended. */
export class Housekeeping {
  readonly #tools: HousekeepingTools;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(tools: HousekeepingTools) {
    this.#tools = tools;
  }

  open(): void {
    this.#working = this.#clean();
    this.#timer = setInterval(() => {
      this.#working = this.#working.then(() => this.#clean());
    }, pauseMs).unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#working;
  }

  async #clean(): Promise<void> {
    const { store, historyDays, now, log } = this.#tools;
    try {
      const credentials = await store.identity.deleteExpired(now());
      let runs = 0;
      for (let removed = runsPerStepMax; removed === runsPerStepMax && !this.#isClosed; runs += removed) {
        removed = await store.maintenance.deleteRunsEndedBefore(now() - historyDays * dayMs, runsPerStepMax);
        // A promise alone would not do: it lets no request in.
        await sleep(stepPauseMs);
      }
      if (credentials + runs > 0) log('housekeeping.done', { credentials, runs });
    } catch (error) {
      // It can wait an hour.
      log('housekeeping.failed', { error });
    }
  }
}
