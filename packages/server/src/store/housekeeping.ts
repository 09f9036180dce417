import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenedStore } from './open-store.ts';

export interface HousekeepingTools {
  readonly store: OpenedStore;
  /** Ended runs are kept this long. */
  readonly historyDays: number;
  /** Audit events are kept this long. */
  readonly auditDays: number;
  /** Removes logs of runs that were last written before a time. @returns how many. */
  readonly cleanLogs: (before: number) => Promise<number>;
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

const dayMs = 24 * 60 * 60 * 1000;
/** How often it looks. */
const pauseMs = 60 * 60 * 1000;
/** Runs removed in one transaction, so that nobody waits long for the store: an embedded one keeps the whole process for a step. */
const runsPerStepMax = 50;
/** The same for audit events. */
const auditEventsPerStepMax = 500;
/** Between two steps everybody else has his turn. */
const stepPauseMs = 10;

/** Removes what has had its time: runs and audit events past their retention, tokens and temporary keys that ended. */
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
    const { store, historyDays, auditDays, cleanLogs, now, log } = this.#tools;
    try {
      const credentials = await store.identity.deleteExpired(now());
      const { maintenance } = store;
      const runs = await this.#inSteps(runsPerStepMax, (limit) =>
        maintenance.deleteRunsEndedBefore(now() - historyDays * dayMs, limit),
      );
      const events = await this.#inSteps(auditEventsPerStepMax, (limit) =>
        maintenance.deleteAuditEventsBefore(now() - auditDays * dayMs, limit),
      );
      const logs = await cleanLogs(now() - historyDays * dayMs);
      if (credentials + runs + events + logs > 0)
        log('housekeeping.done', { credentials, runs, events, logs });
    } catch (error) {
      // It can wait an hour.
      log('housekeeping.failed', { error });
    }
  }

  async #inSteps(stepMax: number, remove: (limit: number) => Promise<number>): Promise<number> {
    let total = 0;
    for (let removed = stepMax; removed === stepMax && !this.#isClosed; total += removed) {
      removed = await remove(stepMax);
      // A promise alone would not do: it lets no request in.
      await sleep(stepPauseMs);
    }
    return total;
  }
}
